//! What a call used and cost, as the provider counted it.

use serde_json::{Value, json};

use super::{COMPARISON, POEM, app_on, chat, events};
use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::both_stacks,
};

both_stacks! {
    async fn each_call_is_paid_by_its_usage(stack: Stack) {
        let server = ScriptedServer::always(chat("an answer")).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", COMPARISON).await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        for step in &task["steps"].as_array().unwrap()[1..] {
            let call = &step["llmCalls"][0];
            assert_eq!((&call["inputTokens"], &call["outputTokens"]), (&json!("100"), &json!("10")));
            assert_eq!((&call["provider"], &call["model"]), (&json!("openai"), &json!("gpt-4o-mini")));
            // 100 × 0.15 USD and 10 × 0.60 USD per million.
            assert_eq!(
                (&call["cost"]["amount"], &step["cost"]["amount"]),
                (&json!("0.000021000"), &json!("0.000021000")),
            );
        }
        assert_eq!(task["cost"]["amount"], "0.000084000");
        let costs = "query($id: ID!) { costs(filter: { taskId: $id }, groupBy: [AGENT, MODEL, KIND]) \
            { key { agent model kind } amount { amount } entries unpricedEntries inputTokens outputTokens } }";
        let groups = app.graphql(costs, json!({ "id": id })).await.data()["costs"].clone();
        let calls: Vec<_> =
            groups.as_array().unwrap().iter().filter(|group| group["key"]["kind"] == "LLM_CALL").collect();
        let total: i64 = calls.iter().map(|group| group["inputTokens"].as_str().unwrap().parse::<i64>().unwrap()).sum();
        assert_eq!(total, 400, "{groups:#}");
    }

    async fn an_unknown_price_is_null_and_never_zero(stack: Stack) {
        let server = ScriptedServer::always(chat("a poem")).await;
        let app = app_on(stack, &server, |config| config.models.openai.model = "mystery-1".to_owned()).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        let only = &task["steps"][1];
        assert_eq!(
            (&task["cost"], &only["cost"], &only["llmCalls"][0]["cost"]),
            (&Value::Null, &Value::Null, &Value::Null),
        );
        assert_eq!(task["knownCost"]["amount"], "0.000000000");
        assert_eq!(only["llmCalls"][0]["inputTokens"], "100");
    }

    async fn usage_that_is_not_told_is_estimated_and_says_so(stack: Stack) {
        let silent = ScriptedAnswer::sse(&[
            json!({ "choices": [{ "delta": { "content": "a poem" }, "finish_reason": "stop" }] }),
        ])
        .done();
        let server = ScriptedServer::always(silent).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        let call = &task["steps"][1]["llmCalls"][0];
        assert!(call["inputTokens"].as_str().unwrap().parse::<i64>().unwrap() > 50, "{call:#}");
        assert_ne!(call["cost"]["amount"], "0.000000000");
        let events = events(&app, &id).await;
        let settled = events.iter().find(|event| event["kind"] == "LLM_CALL_SETTLED").unwrap();
        assert_eq!(settled["payload"]["estimated"], true);
    }
}
