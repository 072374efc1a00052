//! Media types of answers, and the methods there are.

use reqwest::Method;
use serde_json::json;

use super::{
    asking::{coded, nothing, still, stored},
    requests::{MUTATION, QUERY, encoded, request, sent},
};
use crate::support::{Answer, Stack};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_has_the_media_type_that_was_asked_for() {
    let app = still(Stack::Sqlite).await;
    const NEW: &str = "application/graphql-response+json; charset=utf-8";
    const OLD: &str = "application/json; charset=utf-8";
    let ask = |accept: &'static str, body: &'static str| {
        sent(
            request(&app, Method::POST, "/graphql")
                .header("accept", accept)
                .header("content-type", "application/json")
                .body(body),
        )
    };
    for (accept, wanted) in [
        ("application/graphql-response+json", NEW),
        ("application/json", OLD),
        ("*/*", OLD),
        ("application/*", OLD),
        ("application/graphql-response+json, application/json;q=0.9", NEW),
        (
            "application/json;q=0.5, application/graphql-response+json;q=0.4",
            OLD,
        ),
        ("text/html, application/xhtml+xml, */*;q=0.8", OLD),
        ("application/graphql-response+json;charset=utf-8", NEW),
    ] {
        let answer = ask(accept, QUERY).await;
        assert_eq!(
            (answer.status, answer.content_type.as_str()),
            (200, wanted),
            "{accept}"
        );
    }
    for accept in ["text/html", "image/png", "application/json;q=0", "nonsense", ""] {
        let answer = ask(accept, QUERY).await;
        assert_eq!(
            (answer.status, coded(&answer)),
            (406, "BAD_REQUEST"),
            "{accept:?}"
        );
    }
    // A refused document: the new type says so in the status, the old one does not.
    for (body, code) in [
        ("{\"query\":\"{\"}", "GRAPHQL_PARSE_FAILED"),
        ("{\"query\":\"{ nothing }\"}", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let new = ask("application/graphql-response+json", body).await;
        assert_eq!(
            (new.status, coded(&new), new.content_type.as_str()),
            (400, code, NEW)
        );
        let old = ask("application/json", body).await;
        assert_eq!(
            (old.status, coded(&old), old.content_type.as_str()),
            (200, code, OLD)
        );
        assert!(
            new.body.get("data").is_none() && old.body.get("data").is_none(),
            "nothing was carried out"
        );
    }
    // A field that fails is an answer all the same.
    let failed = ask(
        "application/graphql-response+json",
        "{\"query\":\"{ task(id: \\\"x\\\") { id } }\"}",
    )
    .await;
    assert_eq!((failed.status, coded(&failed)), (200, "BAD_USER_INPUT"));
    assert_eq!(failed.body["data"], json!({ "task": null }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods_are_not_allowed() {
    let app = still(Stack::Sqlite).await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        for path in ["/graphql", "/", "/healthz", "/schema.graphql"] {
            let response = request(&app, method.clone(), path)
                .body(QUERY)
                .send()
                .await
                .unwrap();
            let allow = response
                .headers()
                .get("allow")
                .map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(response.status(), 405, "{method} {path}");
            assert!(
                allow.is_some_and(|allow| allow.contains("GET")),
                "{method} {path} says what is allowed"
            );
            assert_eq!(coded(&Answer::of(response).await), "BAD_REQUEST");
        }
    }
    let head = request(
        &app,
        Method::HEAD,
        &encoded(&[("query", "{ viewer { tenantId } }")]),
    )
    .send()
    .await
    .unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.text().await.unwrap(), "");
    let head = request(&app, Method::HEAD, &encoded(&[("query", MUTATION)]))
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), 405);
    assert_eq!(stored(&app).await, nothing());
}
