//! A task from its words to its result with a model behind Anthropic's format.

use serde_json::{Value, json};

use super::{KEY, completed};
use crate::{
    llm::{
        format::{Format, message, tool_use},
        scripted_server::{Received, ScriptedAnswer, ScriptedServer},
    },
    support::{Stack, TestApp, both_stacks},
};

const SUM: &str = "Analyze the costs of 120.50 and 79.50 together. Then write a letter about it.";

/// Blocks of the messages of a role, in order.
fn blocks<'a>(asked: &'a Received, role: &str) -> Vec<&'a Value> {
    let turns = asked.body["messages"].as_array().unwrap().iter();
    turns
        .filter(|turn| turn["role"] == role)
        .flat_map(|turn| turn["content"].as_array().unwrap())
        .collect()
}

fn results(asked: &Received) -> Vec<&str> {
    blocks(asked, "user")
        .iter()
        .filter(|block| block["type"] == "tool_result")
        .map(|block| block["content"].as_str().unwrap())
        .collect()
}

/// What the analyst says first: it thinks, and asks for two tools at once.
fn thoughtful_wish() -> Vec<Value> {
    vec![
        json!({ "type": "thinking", "thinking": "Add, then look at the clock.", "signature": "EqQBCgIYAh" }),
        json!({ "type": "text", "text": "Let me calculate." }),
        tool_use("calculator", &json!({ "expression": "120.50 + 79.50" })),
        tool_use("current_time", &json!({})),
    ]
}

async fn thinking_model() -> ScriptedServer {
    ScriptedServer::answering(|asked| {
        let is_analyst = asked.body["system"].as_str()?.starts_with("You are an analyst.");
        Some(match results(asked).as_slice() {
            [] if is_analyst => message(&thoughtful_wish(), "tool_use", 100, 10),
            [sum, _] => Format::Anthropic.says(&format!("Together they cost {sum}."), 200, 20),
            _ => Format::Anthropic.says("Dear customer, you owe us 200.", 100, 10),
        })
    })
    .await
}

async fn app_with(stack: Stack, server: &ScriptedServer) -> TestApp {
    TestApp::start_with(stack, |config| {
        let provider = json!({ "base_url": server.origin(), "api_key": KEY });
        config.models.anthropic = serde_json::from_value(provider).unwrap();
        config.limits.enabled = false;
        config.engine.retry_base_ms = 10;
    })
    .await
}

both_stacks! {
    async fn a_task_runs_from_plan_to_tools_to_answer(stack: Stack) {
        let server = thinking_model().await;
        let app = app_with(stack, &server).await;
        let task = completed(&app, SUM).await;
        assert_eq!(task["result"], "Dear customer, you owe us 200.");
        let steps = task["steps"].as_array().unwrap();
        assert_eq!(steps[1]["output"], "Together they cost 200.");
        let tools: Vec<(&Value, &Value)> =
            steps[1]["toolCalls"].as_array().unwrap().iter().map(|call| (&call["tool"], &call["status"])).collect();
        assert_eq!(
            tools,
            [(&json!("calculator"), &json!("SUCCEEDED")), (&json!("current_time"), &json!("SUCCEEDED"))]
        );
        for call in steps[1..].iter().flat_map(|step| step["llmCalls"].as_array().unwrap()) {
            let named = (&call["provider"], &call["model"], &call["status"]);
            assert_eq!(named, (&json!("anthropic"), &json!("claude-haiku-4-5"), &json!("SUCCEEDED")));
        }
        // (100 + 200 + 100) × 1 + (10 + 20 + 10) × 5 USD per million.
        assert_eq!(task["cost"]["amount"], "0.000600000");

        let requests = server.requests();
        assert_eq!(requests.len(), 3);
        for request in &requests {
            assert_eq!(request.path, "/v1/messages");
            assert_eq!(request.headers["x-api-key"], KEY);
            assert_eq!(request.body["messages"][0]["role"], "user");
        }
        // The thoughts go back as they came, and the results of both tools come in one message.
        let turns = requests[1].body["messages"].as_array().unwrap();
        assert_eq!(turns.len(), 3);
        assert_eq!(turns[1]["content"], json!(thoughtful_wish()));
        let answered: Vec<&Value> =
            turns[2]["content"].as_array().unwrap().iter().map(|block| &block["tool_use_id"]).collect();
        assert_eq!(answered, ["toolu_calculator", "toolu_current_time"]);
        // Nobody else's step is told them.
        assert!(!requests[2].body.to_string().contains("look at the clock"));
    }

    async fn a_provider_that_is_away_for_a_moment_is_asked_again(stack: Stack) {
        let refusals = [
            Format::Anthropic.refusal(529, "overloaded_error", "Overloaded"),
            ScriptedAnswer::sse(&[]).then(&format!(
                "event: error\ndata: {}\n\n",
                Format::Anthropic.error("overloaded_error", "Overloaded")
            )),
            Format::Anthropic.says("The requirements are these.", 100, 10),
        ];
        let server = ScriptedServer::start(refusals.into()).await;
        let app = app_with(stack, &server).await;
        let task = completed(&app, "Analyze the requirements.").await;
        let calls: Vec<(&Value, &Value)> = task["steps"][1]["llmCalls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| (&call["status"], &call["error"]["code"]))
            .collect();
        let failed = (&json!("FAILED"), &json!("MODEL_OVERLOADED"));
        assert_eq!(calls, [failed, failed, (&json!("SUCCEEDED"), &Value::Null)]);
        // A failed call costs nothing: 100 × 1 + 10 × 5 USD per million.
        assert_eq!(task["cost"]["amount"], "0.000150000");
    }

    async fn a_model_that_never_stops_asking_for_tools_is_stopped(stack: Stack) {
        // Never the same sum twice: an agent that repeats itself is stopped sooner.
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let server = ScriptedServer::answering(move |_| {
            let at = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Some(Format::Anthropic.calls("calculator", &json!({ "expression": format!("1 + {at}") })))
        })
        .await;
        let app = app_with(stack, &server).await;
        let id = app.submit("ada", "Analyze the requirements.").await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["error"]["code"]), (&json!("FAILED"), &json!("TURN_LIMIT")), "{task:#}");
        let requests = server.requests();
        assert!((2..=12).contains(&requests.len()), "{} turns", requests.len());
        // The last turn offers nothing, and still describes what the conversation has in it.
        let last = &requests[requests.len() - 1].body;
        assert_eq!(last["tool_choice"], json!({ "type": "none" }));
        assert_eq!(last["tools"][0]["name"], "calculator");
    }
}
