//! Documents made to hurt: each is answered, quickly and with a code, and the program lives on.

use std::time::{Duration, Instant};

use serde_json::json;

use super::asking::{answers, coded, still};
use crate::support::{Answer, Client, Stack, TestApp};

/// Far more than any refusal needs, even on a busy machine.
const QUICK: Duration = Duration::from_secs(20);

/// Asks by GET, unless the URL would be longer than HTTP servers read.
async fn get(client: &Client, query: &str) -> Option<Answer> {
    let url: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("query", query)
        .finish();
    if url.len() > 60_000 {
        return None;
    }
    Some(client.get(&format!("/graphql?{url}")).await)
}

/// Sends a document by POST, GET and WebSocket; each must refuse it with the code.
async fn refused_everywhere(app: &TestApp, document: &str, code: &str) {
    let start = Instant::now();
    let head: String = document.chars().take(60).collect();
    let posted = app.graphql(document, json!({})).await;
    assert_eq!(coded(&posted), code, "POST {head}");
    if let Some(got) = get(&app.client, document).await {
        assert_eq!(coded(&got), code, "GET {head}");
    }
    let mut socket = app.socket().await;
    socket.subscribe("1", document, json!({})).await;
    let frame = socket.frame().await.expect("the server closed");
    assert_eq!(frame["id"], "1", "{frame:#}");
    let errors = if frame["type"] == "error" {
        &frame["payload"]
    } else {
        &frame["payload"]["errors"]
    };
    assert_eq!(
        errors[0]["extensions"]["code"], code,
        "WebSocket {head}: {frame:#}"
    );
    assert!(start.elapsed() < QUICK, "{head} took {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nesting_of_two_thousand_levels_is_refused_on_every_transport() {
    let app = still(Stack::Sqlite).await;
    let deep = 2_000;
    let documents = [
        format!(
            "{{ tasks(filter: {}{}) {{ nodes {{ id }} }} }}",
            "[".repeat(deep),
            "]".repeat(deep)
        ),
        format!(
            "{{ tasks(filter: {}1{}) {{ nodes {{ id }} }} }}",
            "{a:".repeat(deep),
            "}".repeat(deep)
        ),
        format!("{}id{}", "{ task ".repeat(deep), "}".repeat(deep)),
        format!("{{ {} }}", "... {".repeat(deep)),
        format!(
            "query($a: {}Int{}) {{ viewer {{ tenantId }} }}",
            "[".repeat(deep),
            "]".repeat(deep)
        ),
        format!("subscription {{ taskUpdates(filter: {}", "{ a: [".repeat(deep)),
        "[".repeat(deep),
        "(".repeat(deep),
    ];
    for document in &documents {
        refused_everywhere(&app, document, "QUERY_TOO_COMPLEX").await;
    }
    answers(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brackets_cannot_hide_behind_strings() {
    let app = still(Stack::Sqlite).await;
    let deep = "[".repeat(30_000);
    // The parser takes an unclosed block for an empty string and reads what follows it.
    for document in [
        format!("{{ a(b: [\"\"\" \" {deep}"),
        format!("{{ a(b: [\"\"\" \" {deep} \\\"\"\""),
        format!("{{ a(b: [\"\" \"\"\" \"\n{deep}"),
    ] {
        refused_everywhere(&app, &document, "GRAPHQL_PARSE_FAILED").await;
    }
    for document in [
        format!("{{ a(b: [\"\" \"\" {deep}"),
        format!("{{ a(b: [\"\"\"\"\"\" {deep}"),
        format!("{{ a(b: [\"\"\" \\\"\"\" \"\"\" {deep}"),
        format!("{{ a(b: [\"\\\\\" {deep}"),
        format!("{{ a # \" \r (b: {deep}"),
        format!("{{ a # \"\"\" \n (b: {deep}"),
        format!("\u{feff}{{ a(b: {deep}"),
    ] {
        refused_everywhere(&app, &document, "QUERY_TOO_COMPLEX").await;
    }
    // The other way round: brackets in strings and comments are only text.
    let text = "[{(".repeat(100);
    let fine = format!(
        "query($q: String = \"{text}\") {{ # {text}\n tasks(filter: {{ userId: \"ada\" }}) {{ nodes {{ id }} }} \
        memories(filter: {{ userId: $q }}) {{ nodes {{ id }} }} }}"
    );
    let answer = app.graphql(&fine, json!({ "q": "ada" })).await;
    assert_eq!(answer.data()["tasks"]["nodes"], json!([]));
    answers(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn masses_of_anything_are_refused_quickly() {
    let app = still(Stack::Sqlite).await;
    let many = |count: usize, part: &dyn Fn(usize) -> String| (0..count).map(part).collect::<String>();
    let aliases = many(10_000, &|at| format!("a{at}:viewer{{tenantId}} "));
    let directives = many(10_000, &|_| "@skip(if:false) ".to_owned());
    let unknown = many(10_000, &|at| format!("@d{at} "));
    let operations = many(2_000, &|at| format!("query q{at}{{viewer{{tenantId}}}} "));
    for document in [
        format!("{{ {aliases} }}"),
        format!("{{ viewer {directives} {{ tenantId }} }}"),
        format!("{{ viewer {unknown} {{ tenantId }} }}"),
        operations,
        format!("{{ viewer {{ {} }} }}", "tenantId ".repeat(10_000)),
        format!(
            "query({}) {{ viewer {{ tenantId }} }}",
            many(2_000, &|at| format!("$v{at}: Int "))
        ),
        format!(
            "{{ tasks({}) {{ nodes {{ id }} }} }}",
            many(2_000, &|at| format!("a{at}: 1 "))
        ),
        " ".repeat(65 * 1024),
        format!("# {}\n{{ viewer {{ tenantId }} }}", "x".repeat(64 * 1024)),
    ] {
        refused_everywhere(&app, &document, "QUERY_TOO_COMPLEX").await;
    }
    // Within the limit of the document, but not of one field or one answer.
    for document in [
        format!("{{ viewer {} {{ tenantId }} }}", "@skip(if: false) ".repeat(9)),
        format!(
            "{{ {} }}",
            many(400, &|at| format!("a{at}:tasks{{nodes{{id}}}} "))
        ),
        format!(
            "{{ task(id: \"x\") {{ {}id{} }} }}",
            "steps { task { ".repeat(13),
            "} }".repeat(13)
        ),
    ] {
        refused_everywhere(&app, &document, "QUERY_TOO_COMPLEX").await;
    }
    answers(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_documents_say_what_is_wrong_and_where() {
    let app = still(Stack::Sqlite).await;
    for document in [
        "",
        "   ",
        "{",
        "}",
        "{ }",
        "query",
        "{ viewer { tenantId }",
        "{ viewer { tenantId } } }",
        "hello",
        "{ viewer(: 1) }",
        "{ \u{0} }",
        "\u{0}",
        "{ viewer { tenantId } } \u{1F600}",
        "query ($) { viewer { tenantId } }",
        "type Query { a: Int }",
        "{ a(b: 1e) }",
        "{ a(b: 00) }",
        "{ a(b: 1.) }",
        "{ a(b: -) }",
        "{ a(b: $) }",
        "fragment f on Task",
        "{ viewer { tenantId } } { viewer { tenantId } }",
        "query a { viewer { tenantId } } query a { viewer { tenantId } }",
        "query(",
        "mutation { submitTask(input: { userId: }) { task { id } } }",
        "{...}",
        "&",
        "{ a(b: [1, 2) }",
    ] {
        let answer = app.graphql(document, json!({})).await;
        assert_eq!(coded(&answer), "GRAPHQL_PARSE_FAILED", "{document:?}");
        refused_everywhere(&app, document, "GRAPHQL_PARSE_FAILED").await;
    }
    for document in [
        "{ nothing }",
        "{ viewer }",
        "{ viewer { tenantId { x } } }",
        "{ viewer { tenantId(a: 1) } }",
        "{ viewer { ...x } }",
        "query($a: Nothing) { viewer { tenantId } }",
        "query($a: Int) { viewer { tenantId } }",
        "{ task { id } }",
        "{ task(id: [1]) { id } }",
        "{ viewer @nothing { tenantId } }",
        "mutation { submitTask { task { id } } }",
        "mutation { submitTask(input: {}) { task { id } } }",
        "mutation { submitTask(input: { userId: \"a\", description: \"b\", color: 1 }) { task { id } } }",
        "{ tasks(orderBy: SIDEWAYS) { nodes { id } } }",
        "{ tasks(filter: { status: [DONE] }) { nodes { id } } }",
        "{ viewer { tenantId } viewer: tools { name } }",
        "{ costs { entries } }",
        "{ costs(groupBy: [COLOR]) { entries } }",
        "query($a: Int!, $a: Int!) { viewer { tenantId } }",
        "{ __typo }",
        "subscription { nothing }",
    ] {
        let answer = app.graphql(document, json!({})).await;
        let code = coded(&answer);
        assert!(
            code == "GRAPHQL_VALIDATION_FAILED"
                || (document.starts_with("subscription") && code == "BAD_REQUEST"),
            "{document}: {code}"
        );
    }
    let answer = app.graphql("{\n  viewer {\n    tenantId ]\n", json!({})).await;
    assert_eq!(
        answer.body["errors"][0]["locations"],
        json!([{ "line": 3, "column": 14 }]),
        "{:#}",
        answer.body
    );
    assert!(answer.message().contains("expected"), "{}", answer.message());
    let long = format!("{{ viewer {{ tenantId }} {} ]", "x ".repeat(1_000));
    let answer = app.graphql(&long, json!({})).await;
    assert_eq!(coded(&answer), "GRAPHQL_PARSE_FAILED");
    assert!(
        answer.message().len() < 300,
        "the document is not repeated: {}",
        answer.message()
    );
    answers(&app).await;
}
