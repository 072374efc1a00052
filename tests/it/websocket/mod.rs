//! `graphql-transport-ws`, frame by frame.

mod closing;
mod lagging;
mod liveness;
mod messages;
mod restarting;
mod sharing;
mod slow;
mod wire;

use serde_json::{Value, json};

use crate::support::{Stack, TestApp};

/// The feed of a task, as tests look at it.
const EVENTS: &str = "subscription($id: ID!, $after: String) { taskEvents(taskId: $id, after: $after) { __typename \
    ... on TaskEvent { seq cursor kind step { key } } ... on CaughtUp { seq cursor } ... on Ended { finalSeq cursor } } }";

/// The program without workers: a task changes only when the test changes it.
async fn still(stack: Stack) -> TestApp {
    TestApp::start_with(stack, |config| {
        config.server.roles.worker = false;
        config.limits.enabled = false;
    })
    .await
}

/// A task with a budget, which can be raised.
async fn submitted(app: &TestApp) -> String {
    let budget = json!({ "amount": "1", "currency": "USD" });
    app.submit_input(json!({ "userId": "ada", "description": "Say hello", "budget": budget }))
        .await
}

/// A sum as it is answered.
fn dollars(amount: usize) -> String {
    format!("{amount}.000000000")
}

/// One more event.
async fn raise(app: &TestApp, id: &str, amount: usize) {
    let raise =
        "mutation($input: RaiseBudgetInput!) { raiseBudget(input: $input) { userErrors { message } } }";
    let budget = json!({ "amount": amount.to_string(), "currency": "USD" });
    let data = app
        .graphql(raise, json!({ "input": { "id": id, "budget": budget } }))
        .await
        .data();
    assert_eq!(data["raiseBudget"]["userErrors"], json!([]));
}

/// The last event.
async fn cancel(app: &TestApp, id: &str) {
    let cancel =
        "mutation($input: CancelTaskInput!) { cancelTask(input: $input) { userErrors { message } } }";
    let data = app.graphql(cancel, json!({ "input": { "id": id } })).await.data();
    assert_eq!(data["cancelTask"]["userErrors"], json!([]));
}

/// The numbers of the events among items, which must be contiguous.
fn seqs(items: &[Value]) -> Vec<u64> {
    let events = items
        .iter()
        .map(|item| &item["taskEvents"])
        .filter(|item| item["__typename"] == "TaskEvent");
    let seqs: Vec<u64> = events
        .map(|event| event["seq"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seqs:?}");
    seqs
}
