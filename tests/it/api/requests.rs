//! GraphQL over HTTP as it is specified: methods, media types, bodies.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use super::asking::{answers, coded, nothing, still, stored};
use crate::support::{Answer, Stack, TestApp};

const QUERY: &str = "{\"query\":\"{ viewer { tenantId } }\"}";
const MUTATION: &str = "mutation { submitTask(input: { userId: \"ada\", description: \"x\" }) { task { id } } }";

fn request(app: &TestApp, method: Method, path: &str) -> RequestBuilder {
    app.client.http.request(method, app.client.url(path))
}

async fn sent(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.unwrap()).await
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    format!("/graphql?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_are_no_request_are_refused() {
    let app = still(Stack::Sqlite).await;
    for body in ["", " ", "{", "nonsense", "7", "null", "\"{ viewer { tenantId } }\"", "{}", "{\"query\":7}", "{\"query\":null}",
        "{\"query\":\"{ viewer { tenantId } }\",\"variables\":[]}", "{\"query\":\"{ viewer { tenantId } }\",\"variables\":\"x\"}",
        "{\"query\":\"{ viewer { tenantId } }\",\"operationName\":7}", "{\"query\":\"{ viewer { tenantId } }\",\"extensions\":[]}",
        "{\"query\":\"{ viewer { tenantId } }\"} trailing", "{\"query\":\"a\",\"query\":\"b\"}", "\u{feff}{}", "{\"query\":\"\u{0}\"}"]
    {
        let answer = app.client.post(body).await;
        assert_eq!((answer.status, coded(&answer)), (400, "BAD_REQUEST"), "{body}");
        assert!(answer.body.get("data").is_none(), "{:#}", answer.body);
    }
    let answer = app.client.post(b"{\"query\":\"\xff\xfe\"}".to_vec()).await;
    assert_eq!((answer.status, coded(&answer)), (400, "BAD_REQUEST"));
    for batch in ["[]", " [\n{\"query\":\"{ viewer { tenantId } }\"}]", "[[]]"] {
        let answer = app.client.post(batch).await;
        assert_eq!((answer.status, coded(&answer)), (400, "BAD_REQUEST"), "{batch}");
        assert!(answer.message().contains("one operation per request"), "{}", answer.message());
    }
    // Unknown members of the body are nobody's business.
    let answer = app.client.post("{\"query\":\"{ viewer { tenantId } }\",\"id\":1,\"extensions\":{\"a\":1},\"variables\":null}").await;
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
    let types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql",
        "application/jsonp", "text/json", "application/json+x", "", "*/*"];
    for content_type in types {
        let answer = sent(request(&app, Method::POST, "/graphql").header("content-type", content_type).body(body.clone())).await;
        assert_eq!((answer.status, coded(&answer)), (415, "BAD_REQUEST"), "{content_type}");
    }
    let answer = sent(request(&app, Method::POST, "/graphql").body(body)).await;
    assert_eq!((answer.status, coded(&answer)), (415, "BAD_REQUEST"));
    assert_eq!(stored(&app).await, nothing());
    for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON ;charset=UTF-8"] {
        let answer = sent(request(&app, Method::POST, "/graphql").header("content-type", content_type).body(QUERY)).await;
        assert_eq!(answer.data()["viewer"]["tenantId"], "default", "{content_type}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_may_be_asked_by_get_and_mutations_may_not() {
    let app = still(Stack::Sqlite).await;
    let named = "query A { viewer { tenantId } } query B($id: ID!) { task(id: $id) { id } }";
    let absent = "{\"id\":\"task_0123456789abcdef0123456789abcdef\"}";
    let answer = app.client.get(&encoded(&[("query", named), ("operationName", "A")])).await;
    assert_eq!(answer.data()["viewer"]["tenantId"], "default");
    let answer = app.client.get(&encoded(&[("query", named), ("operationName", "B"), ("variables", absent)])).await;
    assert_eq!(answer.data(), json!({ "task": null }));
    for (pairs, code) in [
        (vec![("query", named)], "OPERATION_RESOLUTION_FAILURE"),
        (vec![("query", named), ("operationName", "C")], "OPERATION_RESOLUTION_FAILURE"),
        (vec![("query", "{ viewer { tenantId } }"), ("operationName", "A")], "OPERATION_RESOLUTION_FAILURE"),
        (vec![("query", named), ("operationName", "A"), ("variables", "{")], "BAD_REQUEST"),
        (vec![("query", named), ("operationName", "A"), ("variables", "[]")], "BAD_REQUEST"),
        (vec![("variables", "{}")], "BAD_REQUEST"),
        (vec![], "BAD_REQUEST"),
        (vec![("query", "")], "GRAPHQL_PARSE_FAILED"),
    ] {
        assert_eq!(coded(&app.client.get(&encoded(&pairs)).await), code, "{pairs:?}");
    }
    let response = request(&app, Method::GET, &encoded(&[("query", MUTATION)])).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["allow"].to_str().unwrap()), (405, "POST"));
    assert_eq!(coded(&Answer::of(response).await), "BAD_REQUEST");
    // Named among queries, it is still a mutation.
    let mixed = format!("query A {{ viewer {{ tenantId }} }} {}", MUTATION.replace("mutation", "mutation M"));
    let answer = app.client.get(&encoded(&[("query", &mixed), ("operationName", "M")])).await;
    assert_eq!(answer.status, 405);
    assert_eq!(stored(&app).await, nothing());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_over_plain_http_are_told_where_to_go() {
    let app = still(Stack::Sqlite).await;
    let query = "subscription { taskUpdates { id } }";
    for answer in [app.graphql(query, json!({})).await, app.client.get(&encoded(&[("query", query)])).await] {
        assert_eq!(coded(&answer), "BAD_REQUEST");
        assert!(answer.message().contains("graphql-transport-ws"), "{}", answer.message());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_has_the_media_type_that_was_asked_for() {
    let app = still(Stack::Sqlite).await;
    const NEW: &str = "application/graphql-response+json; charset=utf-8";
    const OLD: &str = "application/json; charset=utf-8";
    let ask = |accept: &'static str, body: &'static str| {
        sent(request(&app, Method::POST, "/graphql").header("accept", accept).header("content-type", "application/json").body(body))
    };
    for (accept, wanted) in [("application/graphql-response+json", NEW), ("application/json", OLD), ("*/*", OLD), ("application/*", OLD),
        ("application/graphql-response+json, application/json;q=0.9", NEW), ("application/json;q=0.5, application/graphql-response+json;q=0.4", OLD),
        ("text/html, application/xhtml+xml, */*;q=0.8", OLD), ("application/graphql-response+json;charset=utf-8", NEW)]
    {
        let answer = ask(accept, QUERY).await;
        assert_eq!((answer.status, answer.content_type.as_str()), (200, wanted), "{accept}");
    }
    for accept in ["text/html", "image/png", "application/json;q=0", "nonsense", ""] {
        let answer = ask(accept, QUERY).await;
        assert_eq!((answer.status, coded(&answer)), (406, "BAD_REQUEST"), "{accept:?}");
    }
    // A refused document: the new type says so in the status, the old one does not.
    for (body, code) in [("{\"query\":\"{\"}", "GRAPHQL_PARSE_FAILED"), ("{\"query\":\"{ nothing }\"}", "GRAPHQL_VALIDATION_FAILED")] {
        let new = ask("application/graphql-response+json", body).await;
        assert_eq!((new.status, coded(&new), new.content_type.as_str()), (400, code, NEW));
        let old = ask("application/json", body).await;
        assert_eq!((old.status, coded(&old), old.content_type.as_str()), (200, code, OLD));
        assert!(new.body.get("data").is_none() && old.body.get("data").is_none(), "nothing was carried out");
    }
    // A field that fails is an answer all the same.
    let failed = ask("application/graphql-response+json", "{\"query\":\"{ task(id: \\\"x\\\") { id } }\"}").await;
    assert_eq!((failed.status, coded(&failed)), (200, "BAD_USER_INPUT"));
    assert_eq!(failed.body["data"], json!({ "task": null }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods_are_not_allowed() {
    let app = still(Stack::Sqlite).await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        for path in ["/graphql", "/", "/healthz", "/schema.graphql"] {
            let response = request(&app, method.clone(), path).body(QUERY).send().await.unwrap();
            let allow = response.headers().get("allow").map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(response.status(), 405, "{method} {path}");
            assert!(allow.is_some_and(|allow| allow.contains("GET")), "{method} {path} says what is allowed");
            assert_eq!(coded(&Answer::of(response).await), "BAD_REQUEST");
        }
    }
    let head = request(&app, Method::HEAD, &encoded(&[("query", "{ viewer { tenantId } }")])).send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.text().await.unwrap(), "");
    let head = request(&app, Method::HEAD, &encoded(&[("query", MUTATION)])).send().await.unwrap();
    assert_eq!(head.status(), 405);
    assert_eq!(stored(&app).await, nothing());
}
