//! Tools of the operator's own at work: who gets them, and what the agent is told of calls that fail.

use agent_orchestrator::config::Config;
use serde_json::{Value, json};

use super::{POEM, app_on, attempts, chat, only_agent, retry};
use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::{Process, both_stacks},
};

/// Registers the tool `charge`, which the agent `writer` may use.
pub(super) fn register(config: &mut Config, tool: &ScriptedServer, effect: &str) {
    let settings = json!([{
        "name": "charge", "description": "Charges a card.", "url": tool.base_url(), "effect": effect,
        "parameters": { "properties": { "amount": { "type": "integer" } }, "required": ["amount"] },
        "timeout_ms": 20_000, "agents": ["writer"],
    }]);
    config.tools.http = serde_json::from_value(settings).unwrap();
}

/// The model's wish to charge 5.
pub(super) fn charge() -> ScriptedAnswer {
    ScriptedAnswer::tool_call("charge", &json!({ "amount": 5 }))
}

/// What the model was told last of a tool.
pub(super) fn last_result(model: &ScriptedServer) -> String {
    let requests = model.requests();
    let last = &requests.last().expect("a request").body["messages"];
    last[3]["content"]
        .as_str()
        .unwrap_or_else(|| panic!("{last:#}"))
        .to_owned()
}

/// `(status, code)` of the step's only call.
fn call(task: &Value) -> (Value, Value) {
    let calls = task["steps"][1]["toolCalls"].as_array().unwrap();
    assert_eq!(calls.len(), 1, "{task:#}");
    (calls[0]["status"].clone(), calls[0]["error"]["code"].clone())
}

fn answer(status: u16, text: &str) -> ScriptedAnswer {
    ScriptedAnswer::text(status, "text/plain", text)
}

both_stacks! {
    async fn a_default_agent_is_given_a_tool_by_the_configuration(stack: Stack) {
        let model = ScriptedServer::start(vec![charge(), chat("done")]).await;
        let tool = ScriptedServer::always(answer(200, "charged 5")).await;
        let app = app_on(stack, &model, |config| register(config, &tool, "idempotent")).await;
        let query = "{ agents { name tools } tools { name effect description timeoutMs parameters } }";
        let shown = app.graphql(query, json!({})).await.data();
        for agent in shown["agents"].as_array().unwrap() {
            let has = agent["tools"].as_array().unwrap().contains(&json!("charge"));
            assert_eq!(has, agent["name"] == "writer", "{agent:#}");
        }
        let shown = shown["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "charge").unwrap().clone();
        assert_eq!((&shown["effect"], &shown["timeoutMs"]), (&json!("IDEMPOTENT"), &json!(20_000)));
        assert_eq!(shown["parameters"]["additionalProperties"], false);
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], call(&task).0), (&json!("COMPLETED"), json!("SUCCEEDED")), "{task:#}");
        assert_eq!(last_result(&model), "charged 5");
        let [asked] = &tool.requests()[..] else { panic!("one call") };
        assert_eq!(asked.body["arguments"], json!({ "amount": 5 }));
        assert_eq!((&asked.body["taskId"], &asked.body["stepId"]), (&json!(id), &task["steps"][1]["id"]));
        assert_eq!(task["steps"][1]["toolCalls"][0]["idempotencyKey"], asked.headers["idempotency-key"].as_str());
    }

    async fn a_refusal_is_told_to_the_model_whatever_the_effect(stack: Stack) {
        for effect in ["pure", "idempotent", "at_most_once"] {
            let model = ScriptedServer::start(vec![charge(), chat("done")]).await;
            let tool = ScriptedServer::always(answer(402, "the card is empty")).await;
            let app = app_on(stack, &model, |config| register(config, &tool, effect)).await;
            let id = app.submit("ada", POEM).await;
            let task = app.finished(&id).await;
            assert_eq!(task["status"], "COMPLETED", "{task:#}");
            assert_eq!(call(&task), (json!("FAILED"), json!("TOOL_FAILED")));
            assert!(last_result(&model).contains("the card is empty"), "{}", last_result(&model));
            assert_eq!(tool.requests().len(), 1);
        }
    }

    async fn a_pure_tool_that_breaks_down_is_told_to_the_model(stack: Stack) {
        let model = ScriptedServer::start(vec![charge(), chat("done")]).await;
        let tool = ScriptedServer::always(answer(500, "sorry")).await;
        let app = app_on(stack, &model, |config| register(config, &tool, "pure")).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], call(&task)), (&json!("COMPLETED"), (json!("FAILED"), json!("TOOL_UNANSWERED"))));
        assert_eq!(tool.requests().len(), 3);
    }

    async fn an_idempotent_tool_is_asked_again_under_the_same_key_until_the_attempts_end(stack: Stack) {
        let model = ScriptedServer::start(vec![charge(), chat("done")]).await;
        let broken = || answer(500, "sorry");
        let tool = ScriptedServer::start(vec![broken(), broken(), broken(), answer(200, "charged 5")]).await;
        let app = app_on(stack, &model, |config| register(config, &tool, "idempotent")).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], call(&task).0), (&json!("COMPLETED"), json!("SUCCEEDED")), "{task:#}");
        assert_eq!(attempts(&task["steps"][1], "outcome"), ["RETRYING", "COMPLETED"]);
        let requests = tool.requests();
        let keys: std::collections::BTreeSet<_> = requests.iter().map(|asked| &asked.headers["idempotency-key"]).collect();
        assert_eq!((requests.len(), keys.len()), (4, 1));
        assert_eq!(model.requests().len(), 2, "an answer was bought again");

        let model = ScriptedServer::always(charge()).await;
        let tool = ScriptedServer::always(broken()).await;
        let app = app_on(stack, &model, |config| {
            register(config, &tool, "idempotent");
            config.engine.max_attempts = 2;
        })
        .await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["error"]["code"]), (&json!("FAILED"), &json!("TOOL_UNANSWERED")), "{task:#}");
        assert_eq!((tool.requests().len(), model.requests().len()), (6, 1));
    }

    async fn a_harmless_call_left_open_by_a_failed_step_is_unknown_and_sent_again_by_a_retry(stack: Stack) {
        let model = ScriptedServer::start(vec![charge(), chat("done")]).await;
        let mut script = vec![answer(500, "sorry"); 6];
        script.push(answer(200, "charged 5"));
        let tool = ScriptedServer::start(script).await;
        let app = app_on(stack, &model, |config| {
            register(config, &tool, "idempotent");
            config.engine.max_attempts = 2;
        })
        .await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], call(&task).0), (&json!("FAILED"), json!("UNKNOWN")), "{task:#}");
        assert_eq!(retry(&app, &id).await["userErrors"], json!([]));
        let task = app.finished(&id).await;
        // No person is asked: it does no harm.
        assert_eq!((&task["status"], call(&task).0), (&json!("COMPLETED"), json!("SUCCEEDED")), "{task:#}");
        let requests = tool.requests();
        let keys: std::collections::BTreeSet<_> = requests.iter().map(|asked| &asked.headers["idempotency-key"]).collect();
        assert_eq!((requests.len(), keys.len()), (7, 1));
    }

    async fn a_tool_that_is_not_there_is_a_failure_and_no_doubt(stack: Stack) {
        let model = ScriptedServer::start(vec![charge(), chat("done")]).await;
        let gone = ScriptedServer::start(Vec::new()).await;
        let app = app_on(stack, &model, |config| register(config, &gone, "at_most_once")).await;
        drop(gone);
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], call(&task)), (&json!("COMPLETED"), (json!("FAILED"), json!("TOOL_FAILED"))), "{task:#}");
        assert!(last_result(&model).contains("could not be reached"));
    }

    async fn a_timeout_is_no_failure_where_a_second_call_does_harm(stack: Stack) {
        let model = ScriptedServer::start(vec![charge(), chat("done")]).await;
        let tool = ScriptedServer::always(answer(200, "").hang()).await;
        let app = app_on(stack, &model, |config| {
            register(config, &tool, "at_most_once");
            config.tools.http[0].timeout_ms = 300;
        })
        .await;
        let id = app.submit("ada", POEM).await;
        let task = app.wait_for(&id, |task| task["status"] == "WAITING").await;
        assert_eq!(call(&task), (json!("UNKNOWN"), json!("TIMEOUT")), "{task:#}");
        assert_eq!((tool.requests().len(), model.requests().len()), (1, 1));
    }

    async fn an_agents_file_may_name_it_too(stack: Stack) {
        let model = ScriptedServer::start(vec![charge(), chat("done")]).await;
        let tool = ScriptedServer::always(answer(200, "charged 5")).await;
        let app = app_on(stack, &model, |config| {
            register(config, &tool, "pure");
            config.tools.http[0].agents = Vec::new();
            only_agent(config, "tools = ['charge']");
        })
        .await;
        let id = app.submit("ada", POEM).await;
        assert_eq!(call(&app.finished(&id).await).0, "SUCCEEDED");
    }
}

/// What the program says when it does not start on this configuration.
async fn said(tools: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("orchestrator.toml"), tools).unwrap();
    let env = [
        ("ORCHESTRATOR_LISTEN", "127.0.0.1:0".to_owned()),
        ("RUST_LOG", "error".to_owned()),
    ]
    .into();
    let output = Process::run(folder.path(), &env, &["serve"]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    said
}

#[tokio::test]
async fn what_cannot_be_served_stops_the_start_with_a_sentence() {
    let tool = |name: &str, more: &str| {
        format!("[[tools.http]]\nname = '{name}'\ndescription = 'x'\nurl = 'http://127.0.0.1:1'\n{more}\n")
    };
    for name in ["calculator", "remember", "web_fetch"] {
        let said = said(&tool(name, "")).await;
        assert!(said.contains(name) && said.contains("built-in"), "{said}");
    }
    for (toml, words) in [
        (tool("Charge", ""), "snake_case"),
        (
            format!("{}{}", tool("charge", ""), tool("charge", "")),
            "two tools are named \"charge\"",
        ),
        (
            tool("charge", "agents = ['poet']"),
            "the agent \"poet\", which does not exist",
        ),
        (tool("charge", "headers = { Host = 'x' }"), "header \"Host\""),
        (
            tool(
                "charge",
                "parameters = { properties = { a = { type = 'strnig' } } }",
            ),
            "schema of tool \"charge\"",
        ),
        (
            tool("charge", "parameters = { additionalProperties = true }"),
            "additionalProperties",
        ),
        (
            tool(
                "charge",
                "parameters = { properties = { a = { '$ref' = 'file:///etc/passwd' } } }",
            ),
            "schema of tool",
        ),
    ] {
        let said = said(&toml).await;
        assert!(said.contains(words), "{said}");
    }
}
