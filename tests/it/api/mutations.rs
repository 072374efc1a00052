//! What every mutation answers: its object, or refusals one can act on, in one shape.

use agent_orchestrator::config::Config;
use serde_json::{Value, json};

use super::asking::{coded, mutate, nothing, refused, restarted, still, stored, submit};
use crate::support::{TestApp, both_stacks};

/// The task's answer carries no errors; returns its object.
fn accepted<'a>(payload: &'a Value, object: &str) -> &'a Value {
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    assert!(!payload[object].is_null(), "{payload:#}");
    &payload[object]
}

both_stacks! {
    async fn submit_task_refuses_one_field_at_a_time(stack: Stack) {
        let app = still(stack).await;
        let whole = json!({ "userId": "ada", "description": "Say hello" });
        let long_key = "k".repeat(129);
        for (field, value) in [
            ("priority", json!(101)), ("priority", json!(-101)), ("priority", json!(i32::MAX)),
            ("idempotencyKey", json!("")), ("idempotencyKey", json!("two words")), ("idempotencyKey", json!("é")),
            ("idempotencyKey", json!(long_key)), ("metadata", json!([])), ("userId", json!("")), ("description", json!("")),
        ] {
            let mut input = whole.clone();
            input[field] = value;
            let payload = submit(&app, input).await;
            refused(&payload, field, "BAD_USER_INPUT");
            assert_eq!(payload["replayed"], false);
        }
        assert_eq!(stored(&app).await, nothing());
        for (priority, key) in [(json!(-100), json!("k")), (json!(100), json!("k".repeat(128))), (json!(null), json!(null))] {
            let mut input = whole.clone();
            (input["priority"], input["idempotencyKey"]) = (priority.clone(), key);
            let payload = mutate(&app, "submitTask", "replayed task { status priority userId }", input).await;
            let task = accepted(&payload, "task");
            assert_eq!((&task["status"], &task["userId"]), (&json!("PENDING"), &json!("ada")));
            assert_eq!(task["priority"], priority.as_i64().unwrap_or(0));
        }
    }

    async fn a_name_is_the_same_with_blanks_around_it(stack: Stack) {
        let app = still(stack).await;
        app.submit("  ada ", "  Say hello\n").await;
        let query = "{ tasks(filter: { userId: \"ada\" }) { nodes { userId description } } }";
        let found = app.graphql(query, json!({})).await.data();
        assert_eq!(found["tasks"]["nodes"], json!([{ "userId": "ada", "description": "Say hello" }]));
    }

    async fn a_task_is_cancelled_once_and_retried(stack: Stack) {
        let app = still(stack).await;
        let id = app.submit("ada", "Say hello").await;
        let fields = "task { id status cancelRequestedAt endedAt }";
        let payload = mutate(&app, "retryTask", fields, json!({ "id": id })).await;
        let message = refused(&payload, "id", "CONFLICT");
        assert!(message.contains("PENDING"), "{message}");
        let first = mutate(&app, "cancelTask", fields, json!({ "id": id })).await;
        assert_eq!(accepted(&first, "task")["status"], "CANCELLED");
        assert!(first["task"]["cancelRequestedAt"].is_string() && first["task"]["endedAt"].is_string(), "{first:#}");
        let before = stored(&app).await;
        let again = mutate(&app, "cancelTask", fields, json!({ "id": id })).await;
        assert_eq!(again, first, "a task that has ended stays as it is");
        assert_eq!(stored(&app).await, before);
        let retried = mutate(&app, "retryTask", fields, json!({ "id": id, "userId": "ada" })).await;
        let task = accepted(&retried, "task");
        assert_ne!(task["status"], "CANCELLED");
        assert_eq!((&task["cancelRequestedAt"], &task["endedAt"]), (&Value::Null, &Value::Null), "{retried:#}");
        let app = restarted(app, true).await;
        assert_eq!(app.finished(&id).await["status"], "COMPLETED");
        let payload = mutate(&app, "retryTask", fields, json!({ "id": id })).await;
        refused(&payload, "id", "CONFLICT");
        let late = mutate(&app, "cancelTask", fields, json!({ "id": id })).await;
        assert_eq!(accepted(&late, "task")["status"], "COMPLETED");
    }

    async fn users_that_cannot_be_are_named_as_the_fault(stack: Stack) {
        let app = still(stack).await;
        let id = app.submit("ada", "Say hello").await;
        for name in ["cancelTask", "retryTask"] {
            let payload = mutate(&app, name, "task { id }", json!({ "id": id, "userId": " " })).await;
            refused(&payload, "userId", "BAD_USER_INPUT");
        }
        let raise = json!({ "id": id, "userId": "\n\u{7}", "budget": { "amount": 1 } });
        refused(&mutate(&app, "raiseBudget", "task { id }", raise).await, "userId", "BAD_USER_INPUT");
        let forget = json!({ "id": "mem_0123456789abcdef0123456789abcdef", "userId": "" });
        refused(&mutate(&app, "forgetMemory", "forgottenId", forget).await, "userId", "BAD_USER_INPUT");
    }

    async fn a_memory_is_stored_once_and_forgotten_for_good(stack: Stack) {
        let app = still(stack).await;
        let fields = "memory { id userId namespace content metadata source writtenBy { id } influencedSteps { id } }";
        let input = json!({ "userId": "ada", "content": " Ada likes tea ", "metadata": { "topic": "drinks" } });
        let first = mutate(&app, "remember", fields, input.clone()).await;
        let memory = accepted(&first, "memory").clone();
        assert_eq!((&memory["content"], &memory["namespace"]), (&json!("Ada likes tea"), &json!("default")));
        assert_eq!((&memory["source"], &memory["writtenBy"]), (&json!("USER"), &Value::Null));
        assert_eq!((&memory["metadata"], &memory["influencedSteps"]), (&json!({ "topic": "drinks" }), &json!([])));
        assert_eq!(mutate(&app, "remember", fields, input.clone()).await["memory"]["id"], memory["id"]);
        let mut elsewhere = input.clone();
        elsewhere["namespace"] = json!("kitchen");
        assert_ne!(mutate(&app, "remember", fields, elsewhere).await["memory"]["id"], memory["id"]);
        let forgotten = mutate(&app, "forgetMemory", "forgottenId", json!({ "id": memory["id"] })).await;
        assert_eq!(*accepted(&forgotten, "forgottenId"), memory["id"]);
        let again = mutate(&app, "forgetMemory", "forgottenId", json!({ "id": memory["id"] })).await;
        refused(&again, "id", "NOT_FOUND");
        let read = "query($id: ID!) { node(id: $id) { id } }";
        assert_eq!(app.graphql(read, json!({ "id": memory["id"] })).await.data()["node"], Value::Null);
        assert_ne!(mutate(&app, "remember", fields, input).await["memory"]["id"], memory["id"], "it can be learned again");
    }

    async fn acknowledging_never_goes_back_and_not_beyond_the_end(stack: Stack) {
        let app = still(stack).await;
        let id = app.submit("ada", "Say hello").await;
        let cursor = |seq: i64| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, format!("seq:{seq}"));
        let acknowledge = async |consumer: &str, seq: i64| {
            let input = json!({ "taskId": id, "consumer": consumer, "cursor": cursor(seq) });
            mutate(&app, "acknowledgeEvents", "cursor", input).await
        };
        assert_eq!(*accepted(&acknowledge("ui", 1).await, "cursor"), cursor(1));
        assert_eq!(*accepted(&acknowledge("ui", 0).await, "cursor"), cursor(1));
        assert_eq!(*accepted(&acknowledge("ui", i64::MAX).await, "cursor"), cursor(2));
        assert_eq!(*accepted(&acknowledge("other", 0).await, "cursor"), cursor(0));
        for consumer in ["", "two words", "ünder", &"c".repeat(65)] {
            refused(&acknowledge(consumer, 1).await, "consumer", "BAD_USER_INPUT");
        }
        assert_eq!(stored(&app).await["event_consumer"], 2);
    }

    async fn too_many_submissions_say_when_to_come_back(stack: Stack) {
        let slow = |config: &mut Config| {
            config.server.roles.worker = false;
            config.limits.submit_task = agent_orchestrator::config::limits::Rate { per_minute: 1, burst: 2 };
            config.limits.search_memory = agent_orchestrator::config::limits::Rate { per_minute: 1, burst: 1 };
        };
        let app = TestApp::start_with(stack, slow).await;
        let query = "mutation($u: String!) { submitTask(input: { userId: $u, description: \"x\" }) { task { id } } }";
        for _ in 0..2 {
            app.graphql(query, json!({ "u": "ada" })).await.data();
        }
        let answer = app.graphql(query, json!({ "u": "ada" })).await;
        assert_eq!(coded(&answer), "RATE_LIMITED");
        let wait = answer.body["errors"][0]["extensions"]["retryAfterMs"].as_u64().unwrap();
        assert!((1..=60_000).contains(&wait), "{wait}");
        app.graphql(query, json!({ "u": "bob" })).await.data();
        // Many in one request count as many.
        let search = "searchMemory(input: { userId: \"ada\", query: \"x\" }) { scanned }";
        let answer = app.graphql(&format!("{{ a: {search} b: {search} }}"), json!({})).await;
        assert_eq!(coded(&answer), "RATE_LIMITED");
        assert_eq!(stored(&app).await["task"], 3);
    }
}
