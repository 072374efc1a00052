//! What bounds an agent at a step: repeated calls, tokens, money, time, and the window of its model.

use serde_json::{Value, json};

use super::{POEM, app_on, attempts, chat, hanging, only_agent, refusal, retry};
use crate::{
    llm::scripted_server::{Received, ScriptedAnswer, ScriptedServer, usage},
    support::{Stack, TestApp, both_stacks},
};

/// The wish for a sum, its arguments written like this, after so many tokens.
fn sum_after(arguments: &str, tokens: u64) -> ScriptedAnswer {
    let call = json!({ "index": 0, "id": "call_1", "type": "function",
        "function": { "name": "calculator", "arguments": arguments } });
    ScriptedAnswer::sse(&[
        json!({ "choices": [{ "delta": { "tool_calls": [call] } }] }),
        json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] }),
        usage(tokens, 10),
    ])
    .done()
}

/// Always the same arguments, never written the same way twice.
fn same_sum(at: usize) -> ScriptedAnswer {
    sum_after(
        &format!(
            "{{{}\"expression\":{}\"2 + 2\"}}",
            " ".repeat(at),
            "\n".repeat(at)
        ),
        100,
    )
}

async fn app_of(stack: Stack, server: &ScriptedServer, settings: &str) -> TestApp {
    let settings = format!("tools = ['calculator']\n{settings}");
    app_on(stack, server, |config| only_agent(config, &settings)).await
}

/// The task's status and the code of its error, once it has ended.
async fn ended(app: &TestApp) -> (Value, Value) {
    let id = app.submit("ada", POEM).await;
    let task = app.finished(&id).await;
    let code = (
        task["error"]["code"].clone(),
        json!(attempts(&task["steps"][1], "outcome")),
    );
    assert_eq!(
        code.1,
        json!(["FAILED"]),
        "no other attempt would end better: {task:#}"
    );
    (task, code.0)
}

fn statuses(task: &Value) -> Vec<&str> {
    let calls = task["steps"][1]["toolCalls"].as_array().unwrap();
    calls
        .iter()
        .map(|call| call["status"].as_str().unwrap())
        .collect()
}

fn messages(received: &Received) -> &Vec<Value> {
    received.body["messages"].as_array().unwrap()
}

both_stacks! {
    async fn a_model_that_repeats_itself_is_told_once_and_then_stopped(stack: Stack) {
        let server = ScriptedServer::start((0..10).map(same_sum).collect()).await;
        let app = app_of(stack, &server, "").await;
        let (task, code) = ended(&app).await;
        assert_eq!(code, "LOOP_DETECTED", "{task:#}");
        assert_eq!(statuses(&task), ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED"]);
        assert_eq!(server.requests().len(), 5);
        let told = messages(&server.requests()[4]).last().unwrap()["content"].as_str().unwrap().to_owned();
        assert!(told.starts_with("Error: ") && told.contains("again and again"), "{told}");
        // A person may want another try: it begins anew.
        let id = task["id"].as_str().unwrap();
        assert_eq!(retry(&app, id).await["userErrors"], json!([]));
        assert_eq!(app.finished(id).await["error"]["code"], "LOOP_DETECTED");
    }

    async fn a_model_that_heeds_the_hint_goes_on(stack: Stack) {
        let server = ScriptedServer::start(vec![same_sum(0), same_sum(1), sum_after("{\"expression\":\"3 + 3\"}", 1), chat("six")]).await;
        let app = app_of(stack, &server, "max_same_calls = 1").await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("six")), "{task:#}");
        assert_eq!(statuses(&task), ["SUCCEEDED", "FAILED", "SUCCEEDED"]);
    }

    async fn no_call_is_made_that_could_use_too_many_tokens(stack: Stack) {
        let server = ScriptedServer::always(sum_after("{\"expression\":\"1\"}", 1_300)).await;
        let app = app_of(stack, &server, "max_output_tokens = 100\nmax_tokens = 1500").await;
        let (task, code) = ended(&app).await;
        assert_eq!(code, "TOKEN_LIMIT", "{task:#}");
        assert_eq!(server.requests().len(), 1);
    }

    async fn no_call_is_made_that_could_cost_too_much(stack: Stack) {
        // A thousand tokens cost 0.00015 USD, and the answer 0.000006.
        let server = ScriptedServer::always(sum_after("{\"expression\":\"1\"}", 1_000)).await;
        for (most, asked) in [("0.0002", 1), ("0.000000001", 0)] {
            let app = app_of(stack, &server, &format!("max_output_tokens = 100\nmax_cost_usd = \"{most}\"")).await;
            let before = server.requests().len();
            let (task, code) = ended(&app).await;
            assert_eq!(code, "COST_LIMIT", "{task:#}");
            assert_eq!(server.requests().len() - before, asked, "{most}");
        }
    }

    async fn money_cannot_be_counted_where_the_price_is_not_known(stack: Stack) {
        let server = ScriptedServer::always(chat("a poem")).await;
        let app = app_on(stack, &server, |config| {
            only_agent(config, "max_cost_usd = 5");
            config.models.openai.model = "mystery-1".to_owned();
        })
        .await;
        assert_eq!(ended(&app).await.1, "UNKNOWN_PRICE");
        assert_eq!(server.requests().len(), 0);
    }

    async fn an_agent_that_takes_too_long_is_stopped(stack: Stack) {
        let server = ScriptedServer::always(hanging()).await;
        let app = app_of(stack, &server, "max_seconds = 1").await;
        let (task, code) = ended(&app).await;
        assert_eq!(code, "TIME_LIMIT", "{task:#}");
        assert_eq!(task["steps"][1]["llmCalls"][0]["status"], "FAILED");
    }

    async fn old_results_make_way_in_a_full_window(stack: Stack) {
        let page = |at: usize| ScriptedAnswer::tool_call("fetch", &json!({ "page": at }));
        let server = ScriptedServer::start(vec![page(0), page(1), page(2), refusal(500, "oh no"), chat("read")]).await;
        let tool = ScriptedServer::answering(|asked| {
            let page = &asked.body["arguments"]["page"];
            Some(ScriptedAnswer::text(200, "text/plain", format!("page {page} begins. {} page {page} ends.", "word ".repeat(4_000))))
        })
        .await;
        let app = app_on(stack, &server, |config| {
            only_agent(config, "max_output_tokens = 500\ncontext_tokens = 8000");
            config.tools.http = serde_json::from_value(json!([{
                "name": "fetch", "description": "Fetches a page.", "url": tool.base_url(), "effect": "pure",
                "parameters": { "properties": { "page": { "type": "integer" } } }, "timeout_ms": 20_000, "agents": ["writer"],
            }]))
            .unwrap();
        })
        .await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("read")), "{task:#}");
        let requests = server.requests();
        let last = messages(&requests[3]);
        let results: Vec<&str> = last.iter().filter(|message| message["role"] == "tool").map(|message| message["content"].as_str().unwrap()).collect();
        for old in &results[..2] {
            assert!(old.starts_with("[a result of 20") && old.ends_with("characters, left out]"), "{old}");
        }
        assert!(results[2].contains("page 2 begins") && results[2].contains("page 2 ends"), "{}", results[2].len());
        assert_eq!((&last[0], &last[1]), (&messages(&requests[0])[0], &messages(&requests[0])[1]));
        // Asked again, it is the same question: nothing is bought twice.
        assert_eq!(requests[3].body, requests[4].body);
        assert_eq!((requests.len(), tool.requests().len()), (5, 3));
    }

    async fn a_task_that_fits_no_window_is_not_sent(stack: Stack) {
        let server = ScriptedServer::always(chat("a poem")).await;
        let app = app_of(stack, &server, "max_output_tokens = 100\ncontext_tokens = 1100").await;
        let id = app.submit("ada", &format!("Write a poem about {}.", "snow and ".repeat(1_000))).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["error"]["code"]), (&json!("FAILED"), &json!("CONTEXT_LIMIT")), "{task:#}");
        assert_eq!(server.requests().len(), 0);
    }
}
