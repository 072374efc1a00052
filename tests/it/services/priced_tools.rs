//! Tools with a price: what their calls cost shows on the call, the step, the task and in the ledger.

use serde_json::json;

use crate::support::{TestApp, both_stacks};

both_stacks! {
    async fn a_call_of_a_priced_tool_is_paid(stack: Stack) {
        let app = TestApp::start_with(stack, |config| {
            let file = config.storage.data_dir.join("prices.toml");
            std::fs::write(&file, "[tools]\ncalculator = \"0.001\"\n").unwrap();
            config.models.prices_file = Some(file);
        })
        .await;
        let id = app.submit("ada", "What is 12 * 7?").await;
        let task = app.finished(&id).await;
        assert_eq!(task["cost"]["amount"], "0.001000000", "{task:#}");
        assert_eq!(task["steps"][1]["cost"]["amount"], "0.001000000");
        let query = "query($id: ID!) { task(id: $id) { steps { toolCalls { cost { amount } } } } \
            costs(filter: { taskId: $id }, groupBy: [KIND, MODEL]) { key { kind model } amount { amount } entries } }";
        let data = app.graphql(query, json!({ "id": id })).await.data();
        assert_eq!(data["task"]["steps"][1]["toolCalls"][0]["cost"]["amount"], "0.001000000");
        let dearest = &data["costs"][0];
        assert_eq!(dearest["key"], json!({ "kind": "TOOL_CALL", "model": "calculator" }), "{data:#}");
        assert_eq!((&dearest["amount"]["amount"], &dearest["entries"]), (&json!("0.001000000"), &json!("1")));
    }
}
