//! Agents that remember and search: whose memory it is, who wrote it, who read it, and that it is stored once.

use serde_json::{Value, json};

use super::{
    app_with, completed, memories,
    model::{calls, model, says},
};
use crate::{
    llm::scripted_server::ScriptedServer,
    support::{TestApp, both_stacks},
};

const FACT: &str = "Mrs Keller handles the overdue invoices on the third floor";

/// Two agents that both remember the same fact, the first of them twice.
async fn forgetful_model() -> ScriptedServer {
    model(|asked| match asked.tool_results().len() {
        0 => calls("remember", &json!({ "content": FACT })),
        1 if asked.is("analyst") => calls("remember", &json!({ "content": FACT })),
        _ => says("Noted, thank you very much."),
    })
    .await
}

fn of_tools(memories: &[Value]) -> Vec<&Value> {
    memories
        .iter()
        .filter(|memory| memory["source"] == "TOOL")
        .collect()
}

async fn events_of_kind(app: &TestApp, task: &Value, kind: &str) -> Vec<Value> {
    let query = "query($id: ID!) { task(id: $id) { events(first: 100) { nodes { kind stepId payload } } } }";
    let data = app.graphql(query, json!({ "id": task["id"] })).await.data();
    let events = data["task"]["events"]["nodes"].as_array().unwrap();
    events
        .iter()
        .filter(|event| event["kind"] == kind)
        .cloned()
        .collect()
}

both_stacks! {
    async fn an_agent_stores_the_same_text_once_however_often_it_says_so(stack: Stack) {
        let server = forgetful_model().await;
        let app = app_with(stack, &server).await;
        let task = completed(&app, "Analyze the requirements. Then write a letter.").await;
        let calls: Vec<&Value> = task["steps"].as_array().unwrap().iter().flat_map(|step| step["toolCalls"].as_array().unwrap()).collect();
        assert_eq!(calls.len(), 3);
        assert!(calls.iter().all(|call| call["status"] == "SUCCEEDED" && call["result"] == calls[0]["result"]), "{calls:#?}");
        let stored = memories(&app).await;
        let memory = of_tools(&stored)[0];
        assert_eq!(of_tools(&stored).len(), 1);
        assert_eq!((&memory["content"], &memory["writtenBy"]["task"]["id"]), (&json!(FACT), &task["id"]));
        assert_eq!(memory["writtenBy"]["id"], task["steps"][1]["id"]);
        assert_eq!(memory["metadata"], json!({ "agent": "analyst", "taskId": task["id"] }));
        assert!(calls[0]["result"].as_str().unwrap().contains(memory["id"].as_str().unwrap()));
        assert_eq!(task["steps"][1]["memoriesWritten"][0]["content"], FACT);
        let told = events_of_kind(&app, &task, "MEMORY_STORED").await;
        let of_fact: Vec<&Value> = told.iter().filter(|event| event["payload"]["memoryId"] == memory["id"]).collect();
        assert_eq!(of_fact.len(), 1, "{told:#?}");
        assert_eq!(of_fact[0]["stepId"], task["steps"][1]["id"]);
        let again = completed(&app, "Analyze the requirements. Then write a letter.").await;
        assert_eq!(of_tools(&memories(&app).await).len(), 1, "{again:#}");
    }

    async fn a_search_by_an_agent_is_recorded_on_both_sides(stack: Stack) {
        let server = model(|asked| match asked.tool_results().len() {
            0 => calls("search_memory", &json!({ "query": "Keller", "limit": 1 })),
            _ => says("I have found the person in charge."),
        })
        .await;
        let app = app_with(stack, &server).await;
        let remember = "mutation($input: RememberInput!) { remember(input: $input) { memory { id } } }";
        for content in [FACT, "Tea is at four"] {
            app.graphql(remember, json!({ "input": { "userId": "ada", "content": content } })).await.data();
        }
        let of_bob = json!({ "input": { "userId": "bob", "content": "Keller is what Bob calls his cat" } });
        app.graphql(remember, of_bob).await.data();
        let task = completed(&app, "Write a poem.").await;
        let step = &task["steps"][1];
        let result = step["toolCalls"][0]["result"].as_str().unwrap();
        assert!(result.contains(FACT) && !result.contains("cat") && !result.contains("Tea"), "{result}");
        assert_eq!(step["memoriesRead"], json!([{ "rank": 1, "memory": { "content": FACT } }]));
        let stored = memories(&app).await;
        for memory in &stored {
            let influenced = if memory["content"] == FACT { json!([{ "id": step["id"] }]) } else { json!([]) };
            assert_eq!(memory["influencedSteps"], influenced, "{memory:#}");
        }
    }

    async fn what_a_tool_recalled_is_not_stored_again(stack: Stack) {
        let server = model(|asked| match asked.tool_results().len() {
            0 => calls("search_memory", &json!({ "query": "Keller" })),
            _ => says(&format!("{FACT}.")),
        })
        .await;
        let app = app_with(stack, &server).await;
        let remember = "mutation($input: RememberInput!) { remember(input: $input) { memory { id } } }";
        app.graphql(remember, json!({ "input": { "userId": "ada", "content": FACT } })).await.data();
        for _ in 0..3 {
            let task = completed(&app, "Write a poem.").await;
            assert_eq!(task["steps"][1]["memoriesRead"][0]["memory"]["content"], FACT);
        }
        let stored = memories(&app).await;
        let copies: Vec<&Value> = stored.iter().filter(|memory| memory["content"].as_str().unwrap().contains("third floor")).collect();
        assert_eq!(copies.len(), 1, "{stored:#?}");
    }
}
