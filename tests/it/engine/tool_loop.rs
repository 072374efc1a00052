//! Tools the model asks for: refusals go back to it and are logged, and no model asks for ever.

use serde_json::{Value, json};

use super::{POEM, app_on, chat, events, only_agent};
use crate::{
    llm::scripted_server::{Received, ScriptedAnswer, ScriptedServer},
    support::both_stacks,
};

/// What the model was told of the tools it asked for last.
fn last_results(received: &Received) -> Vec<String> {
    let messages = received.body["messages"].as_array().unwrap();
    let tail = messages
        .iter()
        .rev()
        .take_while(|message| message["role"] == "tool");
    let mut results: Vec<_> = tail
        .map(|message| message["content"].as_str().unwrap().to_owned())
        .collect();
    results.reverse();
    results
}

/// An answer that asks for the calculator this many times at once.
fn many_sums(count: usize) -> ScriptedAnswer {
    let calls: Vec<Value> = (0..count)
        .map(|at| {
            let arguments = json!({ "expression": format!("{at} + 1") }).to_string();
            json!({ "index": at, "id": format!("call_{at}"), "type": "function",
                "function": { "name": "calculator", "arguments": arguments } })
        })
        .collect();
    ScriptedAnswer::sse(&[
        json!({ "choices": [{ "delta": { "tool_calls": calls } }] }),
        json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] }),
    ])
    .done()
}

fn sum() -> ScriptedAnswer {
    ScriptedAnswer::tool_call("calculator", &json!({ "expression": "2 + 2" }))
}

/// `field` of every tool call of the task's only step.
fn calls<'a>(task: &'a Value, field: &str) -> Vec<&'a Value> {
    task["steps"][1]["toolCalls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| &call[field])
        .collect()
}

both_stacks! {
    async fn refused_calls_are_told_to_the_model_and_logged(stack: Stack) {
        let server = ScriptedServer::start(vec![
            ScriptedAnswer::tool_call("fly", &json!({ "to": "the moon" })),
            ScriptedAnswer::tool_call("remember", &json!({ "content": "x" })),
            ScriptedAnswer::tool_call("calculator", &json!({ "formula": "1+1" })),
            ScriptedAnswer::tool_call("calculator", &json!({ "expression": "1 / 0" })),
            sum(),
            chat("done"),
        ])
        .await;
        let app = app_on(stack, &server, |config| only_agent(config, "tools = ['calculator']")).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("done")), "{task:#}");
        assert_eq!(calls(&task, "tool"), ["fly", "remember", "calculator", "calculator", "calculator"]);
        assert_eq!(calls(&task, "status"), ["FAILED", "FAILED", "FAILED", "FAILED", "SUCCEEDED"]);
        let codes: Vec<_> = calls(&task, "error").iter().map(|error| error["code"].clone()).collect();
        let expected = json!(["UNKNOWN_TOOL", "TOOL_NOT_ALLOWED", "INVALID_ARGUMENTS", "TOOL_FAILED", null]);
        assert_eq!(Value::from(codes), expected);
        assert_eq!(calls(&task, "result")[4], "4");
        for (request, call) in server.requests()[1..].iter().zip(task["steps"][1]["toolCalls"].as_array().unwrap()) {
            let told = last_results(request);
            let said = call["error"]["message"].as_str().or(call["result"].as_str()).unwrap();
            assert!(told.len() == 1 && told[0].contains(said), "{told:?} without {said:?}");
        }
        let settled = events(&app, &id).await.into_iter().filter(|event| event["kind"] == "TOOL_CALL_SETTLED").count();
        assert_eq!(settled, 5);
    }

    async fn a_model_that_never_answers_ends_at_its_turns(stack: Stack) {
        let server = ScriptedServer::always(sum()).await;
        let app = app_on(stack, &server, |config| only_agent(config, "tools = ['calculator']\nmax_turns = 3")).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["error"]["code"]), (&json!("FAILED"), &json!("TURN_LIMIT")), "{task:#}");
        let offered: Vec<_> = server.requests().iter().map(|request| request.body["tools"].is_array()).collect();
        assert_eq!(offered, [true, true, false], "the last turn is for the answer");
        // What was offered was run; what was not is refused.
        assert_eq!(calls(&task, "status"), ["SUCCEEDED", "SUCCEEDED", "FAILED"]);
    }

    async fn no_more_tools_run_than_the_agent_may_call(stack: Stack) {
        let server = ScriptedServer::start(vec![many_sums(5), chat("done")]).await;
        let app =
            app_on(stack, &server, |config| only_agent(config, "tools = ['calculator']\nmax_tool_calls = 2")).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        assert_eq!(calls(&task, "status"), ["SUCCEEDED", "SUCCEEDED", "FAILED", "FAILED", "FAILED"]);
        let requests = server.requests();
        assert_eq!(last_results(&requests[1]).len(), 5, "every call gets its result");
        assert!(last_results(&requests[1])[4].contains("limit"), "{:?}", last_results(&requests[1]));
        assert!(requests[1].body["tools"].is_null());
    }

    async fn an_agent_with_two_turns_can_use_a_tool(stack: Stack) {
        let server = ScriptedServer::start(vec![sum(), chat("it is 4")]).await;
        let app = app_on(stack, &server, |config| only_agent(config, "tools = ['calculator']\nmax_turns = 2")).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["result"], calls(&task, "result")), (&json!("it is 4"), vec![&json!("4")]), "{task:#}");
    }

    async fn silence_is_asked_about_and_then_given_up(stack: Stack) {
        let server = ScriptedServer::always(chat("")).await;
        let app = app_on(stack, &server, |config| only_agent(config, "max_turns = 2")).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["error"]["code"]), (&json!("FAILED"), &json!("TURN_LIMIT")), "{task:#}");
        assert_eq!(server.requests().len(), 2);
    }

    async fn no_text_of_a_model_breaks_the_store(stack: Stack) {
        let odd = "a\u{0}b\u{1}\u{fffe}\u{10ffff} 💥 \u{202e}";
        let server = ScriptedServer::start(vec![
            ScriptedAnswer::tool_call("no\u{0}tool", &json!({ "a": "b\u{0}" })),
            ScriptedAnswer::tool_call("write_notes", &json!({ "name": "n", "content": odd })),
            ScriptedAnswer::tool_call("remember", &json!({ "content": odd })),
            chat(odd),
        ])
        .await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], server.requests().len()), (&json!("COMPLETED"), 4), "{task:#}");
        assert!(task["result"].as_str().unwrap().contains("💥"), "{task:#}");
    }
}
