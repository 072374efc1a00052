//! The tools one answer asks for: pure ones beside each other, others one by one; the results in the order asked.

use std::time::Duration;

use agent_orchestrator::config::Config;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{POEM, app_on, cancel, chat, hanging, only_agent};
use crate::{
    llm::scripted_server::{Received, ScriptedAnswer, ScriptedServer},
    support::both_stacks,
};

/// A wish for these tools at once, each with its place.
fn wish(tools: &[&str]) -> ScriptedAnswer {
    let calls: Vec<Value> = tools
        .iter()
        .enumerate()
        .map(|(at, name)| {
            json!({ "index": at, "id": format!("call_{at}"), "type": "function",
                "function": { "name": name, "arguments": json!({ "at": at }).to_string() } })
        })
        .collect();
    ScriptedAnswer::sse(&[
        json!({ "choices": [{ "delta": { "tool_calls": calls } }] }),
        json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] }),
    ])
    .done()
}

/// Tools `look` without effects and `change` with one, both behind this server.
fn register(config: &mut Config, server: &ScriptedServer) {
    only_agent(config, "max_turns = 4");
    let tool = |name: &str, effect: &str| {
        json!({ "name": name, "description": "Does something.", "url": server.base_url(), "effect": effect,
            "parameters": { "properties": { "at": { "type": "integer" } } }, "timeout_ms": 30_000, "agents": ["writer"] })
    };
    let tools = json!([tool("look", "pure"), tool("change", "at_most_once")]);
    config.tools.http = serde_json::from_value(tools).unwrap();
}

fn place(received: &Received) -> u64 {
    received.body["arguments"]["at"].as_u64().unwrap()
}

both_stacks! {
    async fn pure_calls_run_at_the_same_time(stack: Stack) {
        let model = ScriptedServer::always(wish(&["look", "look", "look"])).await;
        // None is answered before all were asked.
        let tools = ScriptedServer::always(hanging()).await;
        let app = app_on(stack, &model, |config| register(config, &tools)).await;
        let id = app.submit("ada", POEM).await;
        let asked = tools.received(3).await;
        let mut places: Vec<u64> = asked.iter().map(place).collect();
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2]);
        cancel(&app, &id).await;
        assert_eq!(app.finished(&id).await["status"], "CANCELLED");
    }

    async fn calls_with_effects_wait_for_each_other(stack: Stack) {
        let model = ScriptedServer::start(vec![wish(&["look", "look", "change", "change", "look"]), chat("done")]).await;
        // The first take longest: only waiting keeps the order.
        let tools = ScriptedServer::answering(|asked| {
            let at = place(asked);
            let pause = Duration::from_millis(400_u64.saturating_sub(100 * at));
            let answer = ScriptedAnswer::text(200, "text/plain", "");
            Some(answer.pause(pause).then(&format!("result {at}")))
        })
        .await;
        let app = app_on(stack, &model, |config| register(config, &tools)).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("done")), "{task:#}");
        let order: Vec<u64> = tools.requests().iter().map(place).collect();
        assert_eq!(order[2..], [2, 3, 4], "{order:?}");
        let calls = task["steps"][1]["toolCalls"].as_array().unwrap();
        let results: Vec<&Value> = calls.iter().map(|call| &call["result"]).collect();
        assert_eq!(results, ["result 0", "result 1", "result 2", "result 3", "result 4"]);
        let requests = model.requests();
        let told: Vec<&Value> = requests[1].body["messages"].as_array().unwrap()[3..].iter().collect();
        for (at, message) in told.iter().enumerate() {
            let expected = (json!(format!("call_{at}")), json!(format!("result {at}")));
            assert_eq!((message["tool_call_id"].clone(), message["content"].clone()), expected);
        }
        // Nothing that has an effect is under way beside anything else.
        let query = "query($id: ID!) { task(id: $id) { steps { toolCalls { startedAt durationMs } } } }";
        let shown = app.graphql(query, json!({ "id": id })).await.data();
        let times: Vec<(DateTime<Utc>, TimeDelta)> = shown["task"]["steps"][1]["toolCalls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| {
                let lasted = call["durationMs"].as_str().unwrap().parse().unwrap();
                (call["startedAt"].as_str().unwrap().parse().unwrap(), TimeDelta::milliseconds(lasted))
            })
            .collect();
        for pair in times[1..].windows(2) {
            assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{times:?}");
        }
    }

    async fn what_fails_beside_others_fails_alone(stack: Stack) {
        let model = ScriptedServer::start(vec![wish(&["look", "look", "fly", "look"]), chat("done")]).await;
        let tools = ScriptedServer::answering(|asked| {
            Some(match place(asked) {
                1 => ScriptedAnswer::text(422, "text/plain", "not that one"),
                at => ScriptedAnswer::text(200, "text/plain", format!("result {at}")),
            })
        })
        .await;
        let app = app_on(stack, &model, |config| register(config, &tools)).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        let calls = task["steps"][1]["toolCalls"].as_array().unwrap();
        let statuses: Vec<&Value> = calls.iter().map(|call| &call["status"]).collect();
        assert_eq!(statuses, ["SUCCEEDED", "FAILED", "FAILED", "SUCCEEDED"]);
        assert_eq!(calls[2]["error"]["code"], "UNKNOWN_TOOL");
    }
}
