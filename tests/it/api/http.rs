//! What is around the contract: health, metrics, the schema, and headers on everything.

use serde_json::json;

use super::asking::{coded, still};
use crate::support::{Answer, Stack, both_stacks};

both_stacks! {
    async fn operators_see_that_it_lives_and_is_ready(stack: Stack) {
        let app = still(stack).await;
        let live = app.client.get("/healthz").await;
        assert_eq!((live.status, live.body.as_str()), (200, Some("ok\n")));
        let ready = app.client.get("/readyz").await;
        assert_eq!((ready.status, ready.body), (200, json!({ "status": "ready", "database": "up", "doorbell": "up" })));
        app.submit("ada", "Say hello").await;
        let metrics = app.client.get("/metrics").await;
        assert_eq!((metrics.status, metrics.content_type.as_str()), (200, "text/plain; version=0.0.4; charset=utf-8"));
        let text = metrics.body.as_str().unwrap();
        for line in ["tasks_submitted_total ", "database_statements_total ", "doorbell_connected 1"] {
            assert!(text.lines().any(|found| found.starts_with(line)), "{line} is not in\n{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schema_is_served_as_it_is_committed() {
    let app = still(Stack::Sqlite).await;
    let served = app.client.get("/schema.graphql").await;
    assert_eq!(
        (served.status, served.content_type.as_str()),
        (200, "text/plain; charset=utf-8")
    );
    assert_eq!(
        served.body.as_str().unwrap(),
        include_str!("../../../schema.graphql")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_can_be_found_again_and_is_not_guessed_at() {
    let app = still(Stack::Sqlite).await;
    for path in [
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/schema.graphql",
        "/graphql",
        "/nothing",
        "/assets/nothing",
    ] {
        let response = app.client.http.get(app.client.url(path)).send().await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert!(id.parse::<uuid::Uuid>().is_ok(), "{path}: {id}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{path}");
    }
    let given = app
        .client
        .http
        .get(app.client.url("/healthz"))
        .header("x-request-id", "mine-7")
        .send()
        .await
        .unwrap();
    assert_eq!(given.headers()["x-request-id"], "mine-7");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_paths_say_so() {
    let app = still(Stack::Sqlite).await;
    for path in [
        "/nothing",
        "/graphql/",
        "/assets/",
        "/assets/index.html",
        "/assets/..%2fCargo.toml",
        "/assets/%00",
        "/assets/%ff",
        "/%ff",
        "//",
    ] {
        let answer = app.client.get(path).await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        if answer.status == 404 {
            assert_eq!(coded(&answer), "NOT_FOUND", "{path}");
        }
    }
    let posted = app
        .client
        .http
        .post(app.client.url("/nothing"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (posted.status().as_u16(), coded(&Answer::of(posted).await)),
        (404, "NOT_FOUND")
    );
    let no_redirects = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let old = no_redirects
        .get(app.client.url("/playground"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (old.status().as_u16(), old.headers()["location"].to_str().unwrap()),
        (308, "/")
    );
}
