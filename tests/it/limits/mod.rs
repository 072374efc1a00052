//! Rate limits: at the API, shared by processes, and without Redis.

mod api;
mod conformance;
mod redis_away;
mod shared;

use agent_orchestrator::config::{Config, limits::Rate};
use serde_json::json;

use crate::support::{Answer, Client, Stack, TestApp};

/// Sets both limits.
fn limit(config: &mut Config, per_minute: u32, burst: u32) {
    let rate = Rate { per_minute, burst };
    (config.limits.submit_task, config.limits.search_memory) = (rate, rate);
}

/// A second app on the database and the Redis of a first one, with its limits.
async fn beside(app: &TestApp) -> TestApp {
    let first = app.config.clone();
    let same_places = |config: &mut Config| {
        config.storage.database_url = first.storage.database_url;
        config.redis = first.redis;
        config.limits = first.limits;
    };
    TestApp::start_with(Stack::Postgres, same_places).await
}

async fn submit(client: &Client, user: &str) -> Answer {
    let query = "mutation($input: SubmitTaskInput!) { submitTask(input: $input) { task { id } userErrors { code } } }";
    client
        .graphql(
            query,
            json!({ "input": { "userId": user, "description": "What is 1 + 1?" } }),
        )
        .await
}

async fn search(client: &Client, user: &str) -> Answer {
    let query = "query($input: SearchMemoryInput!) { searchMemory(input: $input) { scanned } }";
    client
        .graphql(query, json!({ "input": { "userId": user, "query": "tea" } }))
        .await
}

/// How long a refused caller is told to wait; None if it was not refused.
fn retry_after_ms(answer: &Answer) -> Option<u64> {
    answer.body.get("errors")?;
    assert_eq!(answer.code(), "RATE_LIMITED", "{:#}", answer.body);
    Some(
        answer.body["errors"][0]["extensions"]["retryAfterMs"]
            .as_u64()
            .unwrap(),
    )
}
