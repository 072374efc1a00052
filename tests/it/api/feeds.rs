//! What subscriptions send: as it stands, each change, and the end.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::asking::{mutate, restarted, still};
use crate::support::{Socket, TestApp, both_stacks};

const STEPS: &str =
    "subscription($id: ID!) { stepUpdates(taskId: $id) { key status position output task { id } } }";
const TASKS: &str = "subscription($filter: TaskFilter) { taskUpdates(filter: $filter) { id status userId } }";

/// The next update of a list that is about this task.
async fn update_of(socket: &mut Socket, id: &str) -> Value {
    loop {
        let task = socket.next().await["taskUpdates"].clone();
        if task["id"] == id {
            return task;
        }
    }
}

/// The code of an operation that is refused; whatever closes it is read too.
async fn refusal(socket: &mut Socket, id: &str) -> Value {
    let frame = socket.frame().await.expect("the server closed");
    assert_eq!(frame["id"], id, "{frame:#}");
    if frame["type"] == "error" {
        return frame["payload"][0]["extensions"]["code"].clone();
    }
    let code = frame["payload"]["errors"][0]["extensions"]["code"].clone();
    let end = socket.frame().await.expect("the server closed");
    assert_eq!((&end["id"], &end["type"]), (&json!(id), &json!("complete")));
    code
}

both_stacks! {
    async fn step_updates_begin_with_every_step_and_end_with_the_task(stack: Stack) {
        let app = still(stack).await;
        let id = app.submit("ada", "Compare Postgres, MySQL and SQLite, then recommend one").await;
        let app = restarted(app, true).await;
        let mut socket = app.socket().await;
        socket.subscribe("1", STEPS, json!({ "id": id })).await;
        let updates = socket.rest().await;
        assert_eq!(updates[0]["stepUpdates"]["key"], "plan");
        let mut last: BTreeMap<String, Value> = BTreeMap::new();
        for update in &updates {
            let step = &update["stepUpdates"];
            assert_eq!(step["task"]["id"], id.as_str());
            last.insert(step["key"].as_str().unwrap().to_owned(), step.clone());
        }
        let first = |key: &str| updates.iter().find(|update| update["stepUpdates"]["key"] == key).unwrap();
        assert_eq!(first("s4")["stepUpdates"]["status"], "PENDING", "planned steps show before they are ready");
        assert_eq!(last.len(), 5, "the plan, three descriptions and a recommendation: {last:#?}");
        assert!(last.values().all(|step| step["status"] == "COMPLETED"), "{last:#?}");
        assert!(last.values().all(|step| step["key"] == "plan" || step["output"].is_string()), "{last:#?}");
        // Once all is over, the steps as they stand and the end.
        socket.subscribe("2", STEPS, json!({ "id": id })).await;
        let updates = socket.rest().await;
        let keys: Vec<_> = updates.iter().map(|update| update["stepUpdates"]["key"].as_str().unwrap().to_owned()).collect();
        assert_eq!(keys, last.keys().cloned().collect::<Vec<_>>(), "in reading order");
    }

    async fn steps_are_shown_while_they_run(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "Analyze the requirements. Then implement the API. Then review the code.").await;
        let mut socket = app.socket().await;
        socket.subscribe("1", STEPS, json!({ "id": id })).await;
        let updates = socket.rest().await;
        let rank = |status: &Value| ["PENDING", "READY", "RUNNING", "COMPLETED"].iter().position(|name| *name == status).unwrap();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for update in &updates {
            let step = &update["stepUpdates"];
            let now = rank(&step["status"]);
            let before = seen.insert(step["key"].as_str().unwrap().to_owned(), now).unwrap_or(0);
            assert!(now >= before, "a step does not go back: {updates:#?}");
        }
        assert_eq!(seen.values().filter(|status| **status == 3).count(), 4, "{updates:#?}");
    }

    async fn task_updates_show_each_change_of_the_filter(stack: Stack) {
        let app = still(stack).await;
        let earlier = app.submit("ada", "Say hello").await;
        let (mut all, mut bob, mut ended) = (app.socket().await, app.socket().await, app.socket().await);
        all.subscribe("1", TASKS, json!({})).await;
        bob.subscribe("1", TASKS, json!({ "filter": { "userId": "bob" } })).await;
        ended.subscribe("1", TASKS, json!({ "filter": { "status": ["CANCELLED"] } })).await;
        // An answer on the same socket says that the subscription before it has begun.
        for socket in [&mut all, &mut bob, &mut ended] {
            socket.subscribe("q", "{ viewer { tenantId } }", json!({})).await;
            assert_eq!(socket.frame().await.unwrap()["id"], "q");
            assert_eq!(socket.frame().await.unwrap()["type"], "complete");
        }
        let mine = app.submit("bob", "Say hello").await;
        for socket in [&mut all, &mut bob] {
            assert_eq!(update_of(socket, &mine).await, json!({ "id": mine, "status": "PENDING", "userId": "bob" }));
        }
        mutate(&app, "cancelTask", "task { id }", json!({ "id": earlier })).await;
        assert_eq!(update_of(&mut all, &earlier).await["status"], "CANCELLED");
        assert_eq!(ended.next().await["taskUpdates"]["id"], earlier.as_str(), "the first that is cancelled");
        mutate(&app, "cancelTask", "task { id }", json!({ "id": mine })).await;
        let update = bob.next().await["taskUpdates"].clone();
        assert_eq!((&update["id"], &update["status"]), (&json!(mine), &json!("CANCELLED")), "and nothing of ada's before it");
    }

    async fn subscriptions_to_nothing_are_refused_with_a_code(stack: Stack) {
        let app = still(stack).await;
        let task = app.submit("ada", "Say hello").await;
        let mut socket = app.socket().await;
        let absent = "task_0123456789abcdef0123456789abcdef";
        let events = "subscription($id: ID!, $after: String, $consumer: String) { taskEvents(taskId: $id, after: $after, consumer: $consumer) { __typename } }";
        for (at, (query, variables, code)) in [
            (events, json!({ "id": absent }), "NOT_FOUND"),
            (STEPS, json!({ "id": absent }), "NOT_FOUND"),
            (events, json!({ "id": "step_0" }), "BAD_USER_INPUT"),
            (STEPS, json!({ "id": "" }), "BAD_USER_INPUT"),
            (events, json!({ "id": task, "after": "nonsense" }), "BAD_USER_INPUT"),
            (events, json!({ "id": task, "consumer": "two words" }), "BAD_USER_INPUT"),
            (TASKS, json!({ "filter": { "userId": "" } }), "BAD_USER_INPUT"),
            (TASKS, json!({ "filter": { "status": ["DONE"] } }), "GRAPHQL_VALIDATION_FAILED"),
            ("subscription { nothing }", json!({}), "GRAPHQL_VALIDATION_FAILED"),
            ("subscription {", json!({}), "GRAPHQL_PARSE_FAILED"),
        ].into_iter().enumerate() {
            let id = at.to_string();
            socket.subscribe(&id, query, variables.clone()).await;
            assert_eq!(refusal(&mut socket, &id).await, code, "{query} {variables}");
        }
        socket.subscribe("last", "{ viewer { tenantId } }", json!({})).await;
        assert_eq!(socket.rest().await.len(), 1, "the connection lives on");
    }

    async fn an_operation_that_was_ended_sends_nothing_more(stack: Stack) {
        let app = still(stack).await;
        let id = app.submit("ada", "Say hello").await;
        let mut socket = app.socket().await;
        let watch = "subscription($id: ID!) { taskEvents(taskId: $id) { __typename } }";
        socket.subscribe("w", watch, json!({ "id": id })).await;
        for _ in 0..3 {
            socket.next().await;
        }
        socket.send(json!({ "id": "w", "type": "complete" })).await;
        mutate(&app, "cancelTask", "task { id }", json!({ "id": id })).await;
        // A second watcher sees the change; if the first still lived, it would have been sent it before.
        let late = watch.replace("taskId: $id", "taskId: $id, after: \"c2VxOjI\"");
        socket.subscribe("late", &late, json!({ "id": id })).await;
        loop {
            let frame = socket.frame().await.expect("the server closed");
            assert!(frame["id"] == "late" || frame["type"] == "complete", "{frame:#}");
            if frame["id"] == "late" && frame["type"] == "complete" {
                break;
            }
        }
    }

    async fn a_named_consumer_goes_on_where_it_was(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "Say hello").await;
        app.finished(&id).await;
        let watch = "subscription($id: ID!, $after: String) { taskEvents(taskId: $id, after: $after, consumer: \"ui\") \
            { __typename ... on TaskEvent { seq cursor } ... on CaughtUp { seq cursor } ... on Ended { finalSeq status cursor } } }";
        let mut socket = app.socket().await;
        socket.subscribe("1", watch, json!({ "id": id })).await;
        let all = socket.rest().await;
        let third = &all[2]["taskEvents"];
        let input = json!({ "taskId": id, "consumer": "ui", "cursor": third["cursor"] });
        mutate(&app, "acknowledgeEvents", "cursor", input).await;
        socket.subscribe("2", watch, json!({ "id": id })).await;
        assert_eq!(socket.rest().await, all[3..], "after what was acknowledged, with the first variables");
        socket.subscribe("3", watch, json!({ "id": id, "after": all[4]["taskEvents"]["cursor"] })).await;
        assert_eq!(socket.rest().await, all[5..], "or after a later cursor");
        let snapshot = app.task(&id).await;
        socket.subscribe("4", watch, json!({ "id": id, "after": snapshot["eventCursor"] })).await;
        let rest = socket.rest().await;
        let names: Vec<_> = rest.iter().map(|item| item["taskEvents"]["__typename"].as_str().unwrap()).collect();
        assert_eq!(names, ["CaughtUp", "Ended"]);
    }
}
