//! GraphQL over HTTP as it is specified: methods, media types, bodies.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::asking::{answers, coded, nothing, still, stored};
use crate::support::{Answer, Stack, TestApp};

pub(super) const QUERY: &str = "{\"query\":\"{ viewer { tenantId } }\"}";
pub(super) const MUTATION: &str =
    "mutation { submitTask(input: { userId: \"ada\", description: \"x\" }) { task { id } } }";

pub(super) fn request(app: &TestApp, method: Method, path: &str) -> RequestBuilder {
    app.client.http.request(method, app.client.url(path))
}

pub(super) async fn sent(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.unwrap()).await
}

pub(super) fn encoded(pairs: &[(&str, &str)]) -> String {
    format!(
        "/graphql?{}",
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_no_request_are_refused() {
    let app = still(Stack::Sqlite).await;
    for body in [
        "",
        " ",
        "{",
        "nonsense",
        "7",
        "null",
        "\"{ viewer { tenantId } }\"",
        "{}",
        "{\"query\":7}",
        "{\"query\":null}",
        "{\"query\":\"{ viewer { tenantId } }\",\"variables\":[]}",
        "{\"query\":\"{ viewer { tenantId } }\",\"variables\":\"x\"}",
        "{\"query\":\"{ viewer { tenantId } }\",\"operationName\":7}",
        "{\"query\":\"{ viewer { tenantId } }\",\"extensions\":[]}",
        "{\"query\":\"{ viewer { tenantId } }\"} trailing",
        "{\"query\":\"a\",\"query\":\"b\"}",
        "\u{feff}{}",
        "{\"query\":\"\u{0}\"}",
    ] {
        let answer = app.client.post(body).await;
        assert_eq!((answer.status, coded(&answer)), (400, "BAD_REQUEST"), "{body}");
        assert!(answer.body.get("data").is_none(), "{:#}", answer.body);
    }
    let answer = app.client.post(b"{\"query\":\"\xff\xfe\"}".to_vec()).await;
    assert_eq!((answer.status, coded(&answer)), (400, "BAD_REQUEST"));
    for batch in ["[]", " [\n{\"query\":\"{ viewer { tenantId } }\"}]", "[[]]"] {
        let answer = app.client.post(batch).await;
        assert_eq!((answer.status, coded(&answer)), (400, "BAD_REQUEST"), "{batch}");
        assert!(
            answer.message().contains("one operation per request"),
            "{}",
            answer.message()
        );
    }
    // Unknown members of the body are nobody's business.
    let answer = app
        .client
        .post("{\"query\":\"{ viewer { tenantId } }\",\"id\":1,\"extensions\":{\"a\":1},\"variables\":null}")
        .await;
    assert_eq!(answer.data()["viewer"]["tenantId"], "default");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_of_twenty_megabytes_is_refused_and_the_caller_is_told() {
    let app = still(Stack::Sqlite).await;
    for _ in 0..5 {
        let answer = app.client.post("x".repeat(20 * 1024 * 1024)).await;
        assert_eq!((answer.status, coded(&answer)), (413, "BAD_REQUEST"));
        assert!(answer.message().contains("1048576"), "{}", answer.message());
    }
    // Without saying beforehand how long it is.
    let chunks = (0..320).map(|_| Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let answer = app.client.post(body).await;
    assert_eq!((answer.status, coded(&answer)), (413, "BAD_REQUEST"));
    answers(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_json_is_taken_so_that_no_other_page_can_send_mutations() {
    let app = still(Stack::Sqlite).await;
    let body = json!({ "query": MUTATION }).to_string();
    let types = [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/jsonp",
        "text/json",
        "application/json+x",
        "",
        "*/*",
    ];
    for content_type in types {
        let answer = sent(
            request(&app, Method::POST, "/graphql")
                .header("content-type", content_type)
                .body(body.clone()),
        )
        .await;
        assert_eq!(
            (answer.status, coded(&answer)),
            (415, "BAD_REQUEST"),
            "{content_type}"
        );
    }
    let answer = sent(request(&app, Method::POST, "/graphql").body(body)).await;
    assert_eq!((answer.status, coded(&answer)), (415, "BAD_REQUEST"));
    assert_eq!(stored(&app).await, nothing());
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON ;charset=UTF-8",
    ] {
        let answer = sent(
            request(&app, Method::POST, "/graphql")
                .header("content-type", content_type)
                .body(QUERY),
        )
        .await;
        assert_eq!(answer.data()["viewer"]["tenantId"], "default", "{content_type}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_may_be_asked_by_get_and_mutations_may_not() {
    let app = still(Stack::Sqlite).await;
    let named = "query A { viewer { tenantId } } query B($id: ID!) { task(id: $id) { id } }";
    let absent = "{\"id\":\"task_0123456789abcdef0123456789abcdef\"}";
    let answer = app
        .client
        .get(&encoded(&[("query", named), ("operationName", "A")]))
        .await;
    assert_eq!(answer.data()["viewer"]["tenantId"], "default");
    let answer = app
        .client
        .get(&encoded(&[
            ("query", named),
            ("operationName", "B"),
            ("variables", absent),
        ]))
        .await;
    assert_eq!(answer.data(), json!({ "task": null }));
    for (pairs, code) in [
        (vec![("query", named)], "OPERATION_RESOLUTION_FAILURE"),
        (
            vec![("query", named), ("operationName", "C")],
            "OPERATION_RESOLUTION_FAILURE",
        ),
        (
            vec![("query", "{ viewer { tenantId } }"), ("operationName", "A")],
            "OPERATION_RESOLUTION_FAILURE",
        ),
        (
            vec![("query", named), ("operationName", "A"), ("variables", "{")],
            "BAD_REQUEST",
        ),
        (
            vec![("query", named), ("operationName", "A"), ("variables", "[]")],
            "BAD_REQUEST",
        ),
        (vec![("variables", "{}")], "BAD_REQUEST"),
        (vec![], "BAD_REQUEST"),
        (vec![("query", "")], "GRAPHQL_PARSE_FAILED"),
    ] {
        assert_eq!(coded(&app.client.get(&encoded(&pairs)).await), code, "{pairs:?}");
    }
    let response = request(&app, Method::GET, &encoded(&[("query", MUTATION)]))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            response.headers()["allow"].to_str().unwrap()
        ),
        (405, "POST")
    );
    assert_eq!(coded(&Answer::of(response).await), "BAD_REQUEST");
    // Named among queries, it is still a mutation.
    let mixed = format!(
        "query A {{ viewer {{ tenantId }} }} {}",
        MUTATION.replace("mutation", "mutation M")
    );
    let answer = app
        .client
        .get(&encoded(&[("query", &mixed), ("operationName", "M")]))
        .await;
    assert_eq!(answer.status, 405);
    assert_eq!(stored(&app).await, nothing());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_over_plain_http_are_told_where_to_go() {
    let app = still(Stack::Sqlite).await;
    let query = "subscription { taskUpdates { id } }";
    for answer in [
        app.graphql(query, json!({})).await,
        app.client.get(&encoded(&[("query", query)])).await,
    ] {
        assert_eq!(coded(&answer), "BAD_REQUEST");
        assert!(
            answer.message().contains("graphql-transport-ws"),
            "{}",
            answer.message()
        );
    }
}
