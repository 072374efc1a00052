//! Whole tasks against a scripted model: what it is told, what its tools do, what it costs.

mod agents_and_tools;
mod anthropic_end_to_end;
mod cost_groups;
mod costs;
mod journal;
mod memory_tools;
mod model;
mod openai_end_to_end;
mod priced_tools;
mod secrets;
mod web_fetch;

use agent_orchestrator::config::Config;
use serde_json::{Value, json};

use crate::{
    llm::scripted_server::ScriptedServer,
    support::{Stack, TestApp},
};

/// The key the provider is given. It must never be seen anywhere else.
const KEY: &str = "sk-secret-0123456789-never-shown";

/// Makes a scripted server the provider `openai`, which makes it the default.
fn speak_with(config: &mut Config, server: &ScriptedServer) {
    let provider = json!({ "base_url": server.base_url(), "api_key": KEY });
    config.models.openai = serde_json::from_value(provider).unwrap();
    config.limits.enabled = false;
    config.engine.retry_base_ms = 10;
}

/// An app whose agents speak with a scripted server.
async fn app_with(stack: Stack, server: &ScriptedServer) -> TestApp {
    TestApp::start_with(stack, |config| speak_with(config, server)).await
}

/// Carries a task of Ada's out, which must complete.
async fn completed(app: &TestApp, description: &str) -> Value {
    let id = app.submit("ada", description).await;
    let task = app.finished(&id).await;
    assert_eq!(task["status"], "COMPLETED", "{task:#}");
    task
}

/// All memories of Ada's, newest first.
async fn memories(app: &TestApp) -> Vec<Value> {
    let query = "{ memories(first: 100, filter: { userId: \"ada\" }) { nodes { id content source metadata \
        writtenBy { id agent { name } task { id } } influencedSteps { id } } } }";
    app.graphql(query, json!({})).await.data()["memories"]["nodes"]
        .as_array()
        .unwrap()
        .clone()
}
