//! Agents and their tools: notes go from step to step, and what may not be called is refused, told and logged.

use serde_json::{Value, json};

use super::{
    app_with, completed,
    model::{Asked, calls, chats, model, says},
};
use crate::support::both_stacks;

both_stacks! {
    async fn a_note_of_one_step_is_read_by_the_next(stack: Stack) {
        let server = model(|asked| match asked.tool_results().len() {
            0 if asked.is("analyst") => {
                calls("write_notes", &json!({ "name": "figures", "content": "Rent is 900\nFood is 300" }))
            }
            0 => calls("read_notes", &json!({})),
            _ => says(&format!("I was told: {}", asked.tool_results()[0])),
        })
        .await;
        let app = app_with(stack, &server).await;
        let task = completed(&app, "Analyze the requirements. Then write a letter.").await;
        let read = &task["steps"][2]["toolCalls"][0];
        assert_eq!((&read["tool"], &read["status"]), (&json!("read_notes"), &json!("SUCCEEDED")));
        let result = read["result"].as_str().unwrap();
        assert!(result.contains("[figures]") && result.contains("Rent is 900") && result.contains("Food is 300"), "{result}");

        // The next task starts with a clean sheet.
        let next = completed(&app, "Write a letter.").await;
        assert_eq!(next["steps"][1]["toolCalls"][0]["result"], "There are no notes.");
    }

    async fn what_an_agent_may_not_do_is_refused_told_and_logged(stack: Stack) {
        let server = model(|asked| match asked.tool_results().len() {
            0 => calls("calculator", &json!({ "expression": "1 + 1" })),
            1 => calls("launch_rockets", &json!({ "count": 3 })),
            2 => calls("write_notes", &json!({ "name": "NOT A NAME", "content": "x", "more": true })),
            3 => calls("write_notes", &json!("no object")),
            _ => says("Then I go without."),
        })
        .await;
        let app = app_with(stack, &server).await;
        let task = completed(&app, "Write a letter.").await;
        let step = &task["steps"][1];
        assert_eq!((&step["agent"]["name"], &step["output"]), (&json!("writer"), &json!("Then I go without.")));
        let calls = step["toolCalls"].as_array().unwrap();
        let told: Vec<(&Value, &Value, &Value)> =
            calls.iter().map(|call| (&call["tool"], &call["status"], &call["error"]["code"])).collect();
        let failed = json!("FAILED");
        assert_eq!(told, [
            (&json!("calculator"), &failed, &json!("TOOL_NOT_ALLOWED")),
            (&json!("launch_rockets"), &failed, &json!("UNKNOWN_TOOL")),
            (&json!("write_notes"), &failed, &json!("INVALID_ARGUMENTS")),
            (&json!("write_notes"), &failed, &json!("INVALID_ARGUMENTS")),
        ]);
        let last = chats(&server).pop().unwrap();
        for (result, call) in Asked(&last.body).tool_results().into_iter().zip(calls) {
            assert_eq!(result, format!("Error: {}", call["error"]["message"].as_str().unwrap()));
        }
        let query = "query($id: ID!) { task(id: $id) { events(first: 100) { nodes { kind } } } }";
        let data = app.graphql(query, json!({ "id": task["id"] })).await.data();
        let events = data["task"]["events"]["nodes"].as_array().unwrap();
        assert_eq!(events.iter().filter(|event| event["kind"] == "TOOL_CALL_SETTLED").count(), 4);
    }

    async fn an_agent_that_only_calls_tools_is_stopped(stack: Stack) {
        let search = |asked: &Asked<'_>| json!({ "query": format!("letter {}", asked.tool_results().len()) });
        let server = model(move |asked| calls("search_memory", &search(asked))).await;
        let app = app_with(stack, &server).await;
        let id = app.submit("ada", "Write a letter.").await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["steps"][1]["error"]["code"]), (&json!("FAILED"), &json!("TURN_LIMIT")));
        // The writer has ten turns; in the last it is offered no tools.
        let chats = chats(&server);
        assert_eq!(chats.len(), 10);
        assert!(Asked(&chats[9].body).tools().is_empty() && !Asked(&chats[8].body).tools().is_empty());
    }
}
