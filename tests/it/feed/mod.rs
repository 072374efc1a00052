//! The live feed: every event once and in order, however often a reader comes back, and across processes.

mod coming_and_going;
mod doorbell;
mod fleet;
mod output;
mod resume;
mod sick_redis;
mod snapshot;

use serde_json::{Value, json};

use crate::support::{Socket, TestApp};

const WATCH: &str = "subscription($id: ID!, $after: String, $consumer: String) { \
    taskEvents(taskId: $id, after: $after, consumer: $consumer) { __typename \
    ... on TaskEvent { seq cursor kind at stepId } ... on CaughtUp { seq } ... on Ended { finalSeq status } } }";

/// Starts to watch a task.
async fn watch(app: &TestApp, id: &str, after: Option<&str>, consumer: Option<&str>) -> Socket {
    let mut socket = app.socket().await;
    socket
        .subscribe(
            "1",
            WATCH,
            json!({ "id": id, "after": after, "consumer": consumer }),
        )
        .await;
    socket
}

fn is_event(item: &Value) -> bool {
    item["__typename"] == "TaskEvent"
}

/// Every item until the feed is complete.
async fn all(mut socket: Socket) -> Vec<Value> {
    socket
        .rest()
        .await
        .into_iter()
        .map(|data| data["taskEvents"].clone())
        .collect()
}

fn numbers(items: &[Value]) -> Vec<i64> {
    items
        .iter()
        .filter(|item| is_event(item))
        .map(|event| event["seq"].as_str().unwrap().parse().unwrap())
        .collect()
}
