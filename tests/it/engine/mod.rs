//! The engine at work, on a scripted model server: what runs, fails, stops, waits, and what it costs.

mod approvals;
mod breaking_down;
mod budget;
mod cancelling;
mod costs;
mod fairness;
mod fallbacks;
mod faults;
mod limits;
mod mcp_tools;
mod output_schema;
mod own_tools;
mod parallel;
mod planning;
mod retrying;
mod stopping;
mod tool_loop;
mod tools_beside;

use agent_orchestrator::config::Config;
use serde_json::{Value, json};

use crate::{
    llm::scripted_server::{Received, ScriptedAnswer, ScriptedServer},
    support::{Stack, TestApp},
};

/// Two branches that know nothing of each other, and a step that needs both.
const BRANCHES: &str = "Build the API. Meanwhile, write the docs and then print them. Finally, ship it.";

/// Three steps beside each other, and one that needs all of them.
const COMPARISON: &str = "Compare Postgres, MySQL and SQLite, then recommend one";

/// One step.
const POEM: &str = "Write a poem.";

/// An app whose agents ask the scripted server, and try again quickly.
async fn app_on(stack: Stack, server: &ScriptedServer, change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::start_with(stack, |config| {
        config.models.openai.base_url = serde_json::from_value(json!(server.base_url())).unwrap();
        config.engine.retry_base_ms = 10;
        config.engine.retry_max_ms = 50;
        config.server.drain_seconds = 1;
        change(config);
    })
    .await
}

/// The only agent there is, with these settings in TOML.
fn only_agent(config: &mut Config, settings: &str) {
    let file = config.storage.data_dir.join("agents.toml");
    let agent = "[[agents]]\nname = 'writer'\ndescription = 'Writes.'\ninstructions = 'Write.'\n";
    std::fs::write(&file, format!("{agent}{settings}\n")).unwrap();
    config.agents.file = Some(file);
}

/// The title of the step a request is about.
fn step_of(received: &Received) -> String {
    let prompt = received.body["messages"][1]["content"]
        .as_str()
        .expect("a prompt");
    let title = prompt.lines().find_map(|line| line.strip_prefix("# Your step: "));
    title.expect("a title").to_owned()
}

/// An answer that never comes.
fn hanging() -> ScriptedAnswer {
    ScriptedAnswer::sse(&[]).hang()
}

fn chat(text: &str) -> ScriptedAnswer {
    ScriptedAnswer::chat(text, 100, 10)
}

fn refusal(status: u16, message: &str) -> ScriptedAnswer {
    ScriptedAnswer::json(status, &json!({ "error": { "message": message } }))
}

/// Sends a mutation of `{ task { id status } userErrors { … } }` and answers its payload.
async fn steer(app: &TestApp, mutation: &str, input_type: &str, input: Value) -> Value {
    let query = format!(
        "mutation($input: {input_type}!) {{ done: {mutation}(input: $input) \
         {{ task {{ id status }} userErrors {{ field code message }} }} }}"
    );
    app.graphql(&query, json!({ "input": input })).await.data()["done"].clone()
}

async fn cancel(app: &TestApp, id: &str) -> Value {
    steer(app, "cancelTask", "CancelTaskInput", json!({ "id": id })).await
}

async fn retry(app: &TestApp, id: &str) -> Value {
    steer(app, "retryTask", "RetryTaskInput", json!({ "id": id })).await
}

/// The first events of a task.
async fn events(app: &TestApp, id: &str) -> Vec<Value> {
    let query =
        "query($id: ID!) { task(id: $id) { events(first: 100) { nodes { seq kind at stepId payload } } } }";
    let data = app.graphql(query, json!({ "id": id })).await.data();
    data["task"]["events"]["nodes"].as_array().unwrap().clone()
}

async fn explanation(app: &TestApp, id: &str) -> Value {
    let query =
        "query($id: ID!) { explainTask(id: $id) { summary reasons { kind message step { title } } } }";
    app.graphql(query, json!({ "id": id })).await.data()["explainTask"].clone()
}

/// The step of a task with this title.
fn step<'a>(task: &'a Value, title: &str) -> &'a Value {
    let steps = task["steps"].as_array().unwrap();
    steps
        .iter()
        .find(|step| step["title"] == title)
        .unwrap_or_else(|| panic!("no {title:?} in {task:#}"))
}

/// `field` of each attempt of a step.
fn attempts<'a>(step: &'a Value, field: &str) -> Vec<&'a Value> {
    step["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| &attempt[field])
        .collect()
}
