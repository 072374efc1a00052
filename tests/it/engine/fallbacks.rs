//! When a model does not answer, the agent's next one does: as a call of its own, paid at its own price.

use agent_orchestrator::config::Config;
use serde_json::{Value, json};

use super::{POEM, app_on, attempts, chat, hanging, only_agent, refusal, retry, step};
use crate::{
    llm::{
        format::Format,
        scripted_server::{ScriptedAnswer, ScriptedServer},
    },
    support::{TestApp, both_stacks},
};

const HAIKU: &str = "anthropic/claude-haiku-4-5";

/// Puts an Anthropic server behind the first model.
fn fall_back_to(config: &mut Config, second: &ScriptedServer, settings: &str) {
    config.models.anthropic.base_url = serde_json::from_value(json!(second.origin())).unwrap();
    only_agent(config, settings);
}

fn own_fallback() -> String {
    format!("fallbacks = ['{HAIKU}']")
}

/// Provider, status, error and cost of each call of the poem's step, in order.
fn calls(task: &Value) -> Vec<(String, String, String, String)> {
    let calls = step(task, "Write a poem")["llmCalls"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    calls
        .iter()
        .map(|call| {
            let cost = text(&call["cost"]["amount"]);
            (
                text(&call["provider"]),
                text(&call["status"]),
                text(&call["error"]["code"]),
                cost,
            )
        })
        .collect()
}

fn call(provider: &str, status: &str, error: &str, cost: &str) -> (String, String, String, String) {
    (
        provider.to_owned(),
        status.to_owned(),
        error.to_owned(),
        cost.to_owned(),
    )
}

async fn has_metric(app: &TestApp, line: &str) -> bool {
    let metrics = app
        .client
        .http
        .get(app.client.url("/metrics"))
        .send()
        .await
        .unwrap();
    metrics
        .text()
        .await
        .unwrap()
        .lines()
        .any(|found| found.starts_with(line))
}

both_stacks! {
    async fn the_next_model_answers_and_each_call_is_a_row_at_its_price(stack: Stack) {
        for (status, code) in [(503, "MODEL_OVERLOADED"), (500, "MODEL_UNAVAILABLE"), (401, "MODEL_UNAUTHORIZED")] {
            let first = ScriptedServer::always(refusal(status, "not now")).await;
            let second = ScriptedServer::always(Format::Anthropic.says("a poem", 100, 10)).await;
            let app = app_on(stack, &first, |config| fall_back_to(config, &second, &own_fallback())).await;
            let id = app.submit_input(json!({ "userId": "ada", "description": POEM, "budget": { "amount": "1" } })).await;
            let task = app.finished(&id).await;
            assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("a poem")), "{task:#}");
            let expected = [
                call("openai", "FAILED", code, ""),
                // 100 × 1 + 10 × 5 USD per million.
                call("anthropic", "SUCCEEDED", "", "0.000150000"),
            ];
            assert_eq!(calls(&task), expected);
            assert_eq!(attempts(step(&task, "Write a poem"), "outcome"), ["COMPLETED"], "one attempt is enough");
            assert_eq!(task["cost"]["amount"], "0.000150000");
            assert_eq!(task["budgetLeft"]["amount"], "0.999850000", "what was reserved for either is given back");
            assert_eq!(second.requests()[0].body["model"], "claude-haiku-4-5");
            assert!(has_metric(&app, "model_fallbacks_total{provider=\"anthropic\"}").await);
        }
    }

    async fn a_refused_request_and_a_filtered_answer_are_nobody_elses(stack: Stack) {
        let filtered = ScriptedAnswer::sse(&[json!({ "choices": [{ "delta": { "content": "no" },
            "finish_reason": "content_filter" }] })]).done();
        for (answer, code) in [(refusal(400, "too long"), "MODEL_REJECTED"), (filtered, "CONTENT_FILTERED")] {
            let first = ScriptedServer::always(answer).await;
            let second = ScriptedServer::always(Format::Anthropic.says("a poem", 1, 1)).await;
            let app = app_on(stack, &first, |config| fall_back_to(config, &second, &own_fallback())).await;
            let id = app.submit("ada", POEM).await;
            let task = app.finished(&id).await;
            assert_eq!(step(&task, "Write a poem")["error"]["code"], code, "{task:#}");
            assert_eq!(second.requests().len(), 0);
        }
    }

    async fn a_later_attempt_uses_what_the_fallback_answered(stack: Stack) {
        // The first model never answers the first question; the second asks for a tool, and then fails once.
        let first = ScriptedServer::always(refusal(500, "not now")).await;
        let second = ScriptedServer::start(vec![
            Format::Anthropic.calls("calculator", &json!({ "expression": "6 * 7" })),
            Format::Anthropic.refusal(529, "overloaded_error", "busy"),
            Format::Anthropic.says("It is 42.", 100, 10),
        ])
        .await;
        let app = app_on(stack, &first, |config| {
            fall_back_to(config, &second, &format!("tools = ['calculator']\n{}", own_fallback()));
        })
        .await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("It is 42.")), "{task:#}");
        assert_eq!(attempts(step(&task, "Write a poem"), "outcome"), ["RETRYING", "COMPLETED"]);
        assert_eq!(second.requests().len(), 3, "the wish for the tool is bought once");
        assert_eq!(first.requests().len(), 3, "the first turn once, the second in both attempts");
        assert_eq!(step(&task, "Write a poem")["toolCalls"].as_array().unwrap().len(), 1);
        let result = &second.requests()[2].body["messages"][2]["content"][0];
        assert_eq!((&result["tool_use_id"], &result["content"]), (&json!("toolu_calculator"), &json!("42")));
    }

    async fn an_open_breaker_leads_to_the_next_model_without_a_call(stack: Stack) {
        let first = ScriptedServer::always(refusal(503, "not now")).await;
        let second = ScriptedServer::always(Format::Anthropic.says("a poem", 100, 10)).await;
        let app = app_on(stack, &first, |config| {
            fall_back_to(config, &second, "");
            config.models.fallbacks = vec![HAIKU.parse().unwrap()];
            config.models.breaker.failures = 2;
            config.models.breaker.pause_ms = 600_000;
        })
        .await;
        for expected in [2, 2, 1] {
            let id = app.submit("ada", POEM).await;
            let task = app.finished(&id).await;
            assert_eq!(task["result"], "a poem", "{task:#}");
            assert_eq!(calls(&task).len(), expected);
        }
        assert_eq!(first.requests().len(), 2);
        assert!(has_metric(&app, "model_breaker_opened_total{provider=\"openai\"}").await);
    }

    async fn with_no_model_left_the_step_waits_for_the_breaker(stack: Stack) {
        let first = ScriptedServer::start(vec![refusal(503, "not now"), chat("a poem")]).await;
        let app = app_on(stack, &first, |config| {
            config.models.breaker.failures = 1;
            config.models.breaker.pause_ms = 1_500;
        })
        .await;
        let started = std::time::Instant::now();
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!(task["result"], "a poem", "{task:#}");
        assert!(started.elapsed().as_millis() >= 1_400, "left alone for its pause");
        let step = step(&task, "Write a poem");
        assert_eq!(attempts(step, "outcome"), ["RETRYING", "RETRYING", "COMPLETED"]);
        assert_eq!(first.requests().len(), 2);
        let expected = [call("openai", "FAILED", "MODEL_OVERLOADED", ""), call("openai", "SUCCEEDED", "", "0.000021000")];
        assert_eq!(calls(&task), expected);
    }

    async fn a_fallback_beyond_the_budget_is_passed_over(stack: Stack) {
        // Sonnet's worst case is beyond the budget, the offline model's is nothing.
        let first = ScriptedServer::always(refusal(500, "not now")).await;
        let second = ScriptedServer::start(Vec::new()).await;
        let app = app_on(stack, &first, |config| {
            fall_back_to(config, &second, "fallbacks = ['anthropic/claude-sonnet-4-5', 'offline']");
        })
        .await;
        let budget = json!({ "amount": "0.0028" });
        let id = app.submit_input(json!({ "userId": "ada", "description": POEM, "budget": budget })).await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        let expected = [
            call("openai", "FAILED", "MODEL_UNAVAILABLE", ""),
            call("offline", "SUCCEEDED", "", "0.000000000"),
        ];
        assert_eq!(calls(&task), expected);
        assert_eq!(second.requests().len(), 0);
    }

    async fn a_dead_fallback_does_not_hide_that_the_first_may_come_back(stack: Stack) {
        let first = ScriptedServer::start(vec![refusal(500, "not now"), chat("a poem")]).await;
        let second = ScriptedServer::always(Format::Anthropic.refusal(401, "authentication_error", "who?")).await;
        let app = app_on(stack, &first, |config| fall_back_to(config, &second, &own_fallback())).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("a poem")), "{task:#}");
    }

    async fn a_tenants_models_come_before_its_agents(stack: Stack) {
        let first = ScriptedServer::always(hanging()).await;
        let second = ScriptedServer::always(Format::Anthropic.says("a poem", 1, 1)).await;
        let app = app_on(stack, &first, |config| {
            fall_back_to(config, &second, "model = 'openai/gpt-4o'");
            let other = json!({ "tenant": "another", "model": "offline/offline-1" });
            let own = json!({ "tenant": "default", "model": HAIKU, "agents": ["writer"] });
            config.models.tenants = serde_json::from_value(json!([other, own])).unwrap();
        })
        .await;
        let id = app.submit("ada", POEM).await;
        assert_eq!(app.finished(&id).await["result"], "a poem");
        assert_eq!(first.requests().len(), 0);
    }

    async fn when_none_answers_the_step_fails_with_its_reasons(stack: Stack) {
        let first = ScriptedServer::always(refusal(500, "first is down")).await;
        let second = ScriptedServer::always(Format::Anthropic.refusal(500, "api_error", "second is down")).await;
        let app = app_on(stack, &first, |config| {
            fall_back_to(config, &second, &own_fallback());
            config.models.breaker.failures = 0;
        })
        .await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "FAILED", "{task:#}");
        assert_eq!(calls(&task).len(), 6, "both in each of three attempts");
        assert_eq!(task["cost"]["amount"], "0.000000000");
        assert_eq!(retry(&app, &id).await["userErrors"], json!([]));
        let again = app.finished(&id).await;
        assert_eq!((&again["status"], calls(&again).len()), (&json!("FAILED"), 12), "{again:#}");
    }
}
