//! The same key: the same task, however often and however fast it is sent.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::asking::{mutate, refused, still, stored};
use crate::support::{TestApp, both_stacks};

async fn submit(app: &TestApp, input: Value) -> Value {
    mutate(
        app,
        "submitTask",
        "replayed task { id description status }",
        input,
    )
    .await
}

both_stacks! {
    async fn the_same_submission_answers_the_same_task(stack: Stack) {
        let app = still(stack).await;
        let input = json!({ "userId": "ada", "description": "Say hello", "idempotencyKey": "k1",
            "metadata": { "b": 1, "a": [1, 2] }, "budget": { "amount": "1.5" }, "priority": 3 });
        let first = submit(&app, input.clone()).await;
        let before = stored(&app).await;
        let second = submit(&app, input.clone()).await;
        assert_eq!((&first["replayed"], &second["replayed"]), (&json!(false), &json!(true)));
        assert_eq!(first["task"], second["task"]);
        // Written otherwise, it is still the same.
        let mut same = input.clone();
        same["budget"] = json!({ "amount": 1.50, "currency": "USD" });
        same["description"] = json!(" Say hello ");
        same["metadata"] = json!({ "a": [1, 2], "b": 1 });
        assert_eq!(submit(&app, same).await["task"], first["task"]);
        assert_eq!(stored(&app).await, before);
        // It also is once the program was restarted and the task has ended.
        mutate(&app, "cancelTask", "task { id }", json!({ "id": first["task"]["id"] })).await;
        let app = app.restart().await;
        let later = submit(&app, input).await;
        assert_eq!((&later["replayed"], &later["task"]["id"]), (&json!(true), &first["task"]["id"]));
        assert_eq!(later["task"]["status"], "CANCELLED");
    }

    async fn another_submission_under_the_key_is_a_conflict(stack: Stack) {
        let app = still(stack).await;
        let input = json!({ "userId": "ada", "description": "Say hello", "idempotencyKey": "k1" });
        submit(&app, input.clone()).await;
        let before = stored(&app).await;
        for (field, value) in [("description", json!("Say goodbye")), ("metadata", json!({ "a": 1 })), ("priority", json!(1)),
            ("budget", json!({ "amount": "1" }))]
        {
            let mut other = input.clone();
            other[field] = value;
            let payload = submit(&app, other).await;
            let message = refused(&payload, "idempotencyKey", "CONFLICT");
            assert!(message.contains("different"), "{message}");
            assert_eq!(payload["replayed"], false);
        }
        assert_eq!(stored(&app).await, before);
    }

    async fn keys_belong_to_users(stack: Stack) {
        let app = still(stack).await;
        let mut ids = BTreeSet::new();
        for user in ["ada", "bob", "Ada"] {
            let payload = submit(&app, json!({ "userId": user, "description": "Say hello", "idempotencyKey": "k1" })).await;
            assert_eq!(payload["replayed"], false);
            ids.insert(payload["task"]["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(ids.len(), 3);
    }

    async fn without_a_key_every_submission_is_a_task(stack: Stack) {
        let app = still(stack).await;
        for _ in 0..2 {
            submit(&app, json!({ "userId": "ada", "description": "Say hello", "idempotencyKey": null })).await;
        }
        assert_eq!(stored(&app).await["task"], 2);
    }

    async fn sixteen_at_once_are_one_task(stack: Stack) {
        let app = still(stack).await;
        let input = json!({ "userId": "ada", "description": "Say hello", "idempotencyKey": "k1" });
        let payloads = join_all((0..16).map(|_| submit(&app, input.clone()))).await;
        let ids: BTreeSet<_> = payloads.iter().map(|payload| payload["task"]["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 1, "{payloads:#?}");
        let fresh = payloads.iter().filter(|payload| payload["replayed"] == false).count();
        assert_eq!(fresh, 1, "{payloads:#?}");
        let rows = stored(&app).await;
        assert_eq!((rows["task"], rows["step"], rows["message"]), (1, 1, 1));
        // Of sixteen different ones, one wins.
        let different = (0..16).map(|at| {
            submit(&app, json!({ "userId": "ada", "description": format!("Say {at}"), "idempotencyKey": "k2" }))
        });
        let payloads = join_all(different).await;
        assert_eq!(payloads.iter().filter(|payload| payload["userErrors"] == json!([])).count(), 1, "{payloads:#?}");
        assert_eq!(stored(&app).await["task"], 2);
    }
}
