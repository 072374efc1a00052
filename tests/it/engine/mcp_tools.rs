//! Tools of an MCP server at work: an agent uses one, and what a server does wrong is its step's affair alone.

use agent_orchestrator::config::Config;
use serde_json::{Value, json};

use super::{POEM, app_on, chat, own_tools::last_result};
use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::both_stacks,
    tools::mcp::{SCRIPT, offered},
};

/// Configures the server of the tests with its tool approved, for the agent `writer`.
fn configure(config: &mut Config, effect: &str) {
    let folder = &config.storage.data_dir;
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let mut approved = offered();
    std::fs::write(path("tools.json"), approved.to_string()).unwrap();
    approved[0]["effect"] = json!(effect);
    std::fs::write(path("approved.json"), json!({ "tools": approved }).to_string()).unwrap();
    let server = json!([{
        "name": "shell", "command": "sh", "args": [SCRIPT], "approved": path("approved.json"), "agents": ["writer"],
        "timeout_ms": 2_000,
        "env": { "TOOLS": path("tools.json"), "LOG": path("calls"), "PIDS": path("pids") },
    }]);
    config.tools.mcp = serde_json::from_value(server).unwrap();
}

fn ask(what: &str) -> ScriptedAnswer {
    ScriptedAnswer::tool_call("shell__echo", &json!({ "what": what }))
}

fn call(task: &Value) -> &Value {
    let calls = task["steps"][1]["toolCalls"].as_array().unwrap();
    assert_eq!(calls.len(), 1, "{task:#}");
    &calls[0]
}

both_stacks! {
    async fn an_agent_uses_a_tool_of_a_server(stack: Stack) {
        let model = ScriptedServer::start(vec![ask("hello"), chat("it said done")]).await;
        let app = app_on(stack, &model, |config| configure(config, "at_most_once")).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &call(&task)["status"]), (&json!("COMPLETED"), &json!("SUCCEEDED")), "{task:#}");
        assert_eq!(last_result(&model), "done");
        assert_eq!(call(&task)["tool"], "shell__echo");
    }

    async fn a_harmless_call_that_hangs_is_told_to_the_model(stack: Stack) {
        let model = ScriptedServer::start(vec![ask("hang"), chat("it did not answer")]).await;
        let app = app_on(stack, &model, |config| configure(config, "pure")).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        assert_eq!((&call(&task)["status"], &call(&task)["error"]["code"]), (&json!("FAILED"), &json!("TIMEOUT")));
    }

    async fn a_call_with_effects_that_broke_off_waits_for_a_person(stack: Stack) {
        let model = ScriptedServer::start(vec![ask("die"), chat("never asked")]).await;
        let app = app_on(stack, &model, |config| configure(config, "at_most_once")).await;
        let id = app.submit("ada", POEM).await;
        let task = app.wait_for(&id, |task| task["status"] == "WAITING").await;
        assert_eq!(call(&task)["status"], "UNKNOWN", "{task:#}");
        assert_eq!(model.requests().len(), 1);
    }
}
