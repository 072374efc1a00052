//! Ids of nothing, of something else, and of somebody else.

use serde_json::{Value, json};

use super::asking::{coded, mutate, refused, still, stored};
use crate::support::{TestApp, both_stacks};

const ABSENT: &str = "0123456789abcdef0123456789abcdef";

async fn ask(app: &TestApp, field: &str, selection: &str, id: &str) -> crate::support::Answer {
    let query = format!("query($id: ID!) {{ {field}(id: $id) {{ {selection} }} }}");
    app.graphql(&query, json!({ "id": id })).await
}

async fn remembered(app: &TestApp, user: &str) -> String {
    let payload = mutate(
        app,
        "remember",
        "memory { id }",
        json!({ "userId": user, "content": "the sky is blue" }),
    )
    .await;
    payload["memory"]["id"].as_str().unwrap().to_owned()
}

both_stacks! {
    async fn ids_of_nothing_look_absent(stack: Stack) {
        let app = still(stack).await;
        for (field, prefix, selection) in
            [("task", "task", "id"), ("step", "step", "id"), ("explainTask", "task", "summary"), ("node", "task", "id"),
             ("node", "step", "id"), ("node", "mem", "id")]
        {
            let data = ask(&app, field, selection, &format!("{prefix}_{ABSENT}")).await.data();
            assert_eq!(data[field], Value::Null, "{field}");
        }
        let id = format!("task_{ABSENT}");
        for name in ["cancelTask", "retryTask"] {
            let payload = mutate(&app, name, "task { id }", json!({ "id": id })).await;
            assert!(refused(&payload, "id", "NOT_FOUND").contains(&id));
        }
        let input = json!({ "id": id, "budget": { "amount": "1" } });
        refused(&mutate(&app, "raiseBudget", "task { id }", input).await, "id", "NOT_FOUND");
        let input = json!({ "toolCallId": format!("call_{ABSENT}"), "decision": "RUN_AGAIN" });
        refused(&mutate(&app, "decideApproval", "toolCall { id }", input).await, "toolCallId", "NOT_FOUND");
        let input = json!({ "taskId": id, "consumer": "me", "cursor": "c2VxOjE" });
        refused(&mutate(&app, "acknowledgeEvents", "cursor", input).await, "taskId", "NOT_FOUND");
        let payload = mutate(&app, "forgetMemory", "forgottenId", json!({ "id": format!("mem_{ABSENT}") })).await;
        refused(&payload, "id", "NOT_FOUND");
    }

    async fn ids_of_another_kind_and_no_ids_are_refused(stack: Stack) {
        let app = still(stack).await;
        let task = app.submit("ada", "Say hello").await;
        let memory = remembered(&app, "ada").await;
        let before = stored(&app).await;
        let upper = format!("task_{}", ABSENT.to_uppercase());
        let hyphens = "task_01234567-89ab-cdef-0123-456789abcdef";
        let others = ["", "task", "task_", "7", ABSENT, "plan_", &memory, &upper, hyphens, &format!("{task} "),
            &format!("task_{task}"), &"task_0".repeat(10_000)];
        for id in others {
            for (field, selection) in [("task", "id"), ("explainTask", "summary")] {
                let answer = ask(&app, field, selection, id).await;
                assert_eq!(coded(&answer), "BAD_USER_INPUT", "{field}({id})");
                assert!(answer.message().contains("task_") && answer.message().len() < 200, "{}", answer.message());
            }
            for name in ["cancelTask", "retryTask"] {
                let payload = mutate(&app, name, "task { id }", json!({ "id": id })).await;
                refused(&payload, "id", "BAD_USER_INPUT");
            }
            let input = json!({ "id": id, "budget": { "amount": "1" } });
            refused(&mutate(&app, "raiseBudget", "task { id }", input).await, "id", "BAD_USER_INPUT");
            let input = json!({ "taskId": id, "consumer": "me", "cursor": "c2VxOjE" });
            refused(&mutate(&app, "acknowledgeEvents", "cursor", input).await, "taskId", "BAD_USER_INPUT");
        }
        assert_eq!(coded(&ask(&app, "step", "id", &task).await), "BAD_USER_INPUT");
        assert_eq!(coded(&ask(&app, "node", "id", &format!("att_{ABSENT}")).await), "BAD_USER_INPUT");
        let payload = mutate(&app, "forgetMemory", "forgottenId", json!({ "id": task })).await;
        refused(&payload, "id", "BAD_USER_INPUT");
        for filter in ["costs(groupBy: [], filter: { taskId: \"mem_0\" }) { entries }",
            "memories(filter: { taskId: \"step_0\" }) { nodes { id } }"]
        {
            let answer = app.graphql(&format!("{{ {filter} }}"), json!({})).await;
            assert_eq!(coded(&answer), "BAD_USER_INPUT");
            assert!(answer.message().contains("filter.taskId"), "{}", answer.message());
        }
        assert_eq!(stored(&app).await, before);
    }

    async fn what_belongs_to_another_user_looks_absent(stack: Stack) {
        let app = still(stack).await;
        let task = app.submit("ada", "Say hello").await;
        let memory = remembered(&app, "ada").await;
        let before = stored(&app).await;
        let mine = json!({ "id": task, "userId": "bob" });
        let absent = refused(&mutate(&app, "cancelTask", "task { id }", mine.clone()).await, "id", "NOT_FOUND");
        refused(&mutate(&app, "retryTask", "task { id }", mine).await, "id", "NOT_FOUND");
        let raise = json!({ "id": task, "userId": "bob", "budget": { "amount": "1" } });
        refused(&mutate(&app, "raiseBudget", "task { id }", raise).await, "id", "NOT_FOUND");
        let forget = json!({ "id": memory, "userId": "bob" });
        refused(&mutate(&app, "forgetMemory", "forgottenId", forget).await, "id", "NOT_FOUND");
        // Not even the words differ from those for an id of nothing.
        let nothing = json!({ "id": format!("task_{ABSENT}"), "userId": "bob" });
        let other = refused(&mutate(&app, "cancelTask", "task { id }", nothing).await, "id", "NOT_FOUND");
        assert_eq!(absent.replace(&task, "X"), other.replace(&format!("task_{ABSENT}"), "X"));
        assert_eq!(stored(&app).await, before);
        let query = "query($id: ID!) { task(id: $id) { status } tasks(filter: { userId: \"bob\" }) { nodes { id } } \
            memories(filter: { userId: \"bob\" }) { nodes { id } } \
            costs(groupBy: [], filter: { userId: \"bob\", taskId: $id }) { entries } }";
        let data = app.graphql(query, json!({ "id": task })).await.data();
        assert_eq!(data["task"]["status"], "PENDING");
        assert_eq!((&data["tasks"]["nodes"], &data["memories"]["nodes"]), (&json!([]), &json!([])));
        assert_eq!(data["costs"], json!([{ "entries": "0" }]));
        // Its owner may.
        let payload = mutate(&app, "cancelTask", "task { status }", json!({ "id": task, "userId": "ada" })).await;
        assert_eq!(payload["task"]["status"], "CANCELLED");
        let payload = mutate(&app, "forgetMemory", "forgottenId", json!({ "id": memory, "userId": "ada" })).await;
        assert_eq!(payload["forgottenId"], memory.as_str());
    }
}
