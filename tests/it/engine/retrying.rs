//! Failing models: tried again where that makes sense, given up with reasons where not, and taken up by a person.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{BRANCHES, POEM, app_on, attempts, chat, events, refusal, retry, step, step_of};
use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::both_stacks,
};

fn moment(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

/// A server on which one step fails for good until it is mended.
async fn broken_for(title: &'static str) -> (ScriptedServer, Arc<AtomicBool>) {
    let mended = Arc::new(AtomicBool::new(false));
    let is_mended = Arc::clone(&mended);
    let server = ScriptedServer::answering(move |received| {
        let title_asked = step_of(received);
        let fails = title_asked == title && !is_mended.load(Ordering::SeqCst);
        Some(if fails {
            refusal(400, "no such thing")
        } else {
            chat(&format!("did {title_asked}"))
        })
    })
    .await;
    (server, mended)
}

both_stacks! {
    async fn a_conversation_that_came_to_nothing_is_begun_anew(stack: Stack) {
        let filtered = json!({ "model": "gpt-4o-mini", "usage": { "prompt_tokens": 10, "completion_tokens": 1 },
            "choices": [{ "message": { "role": "assistant", "content": "" }, "finish_reason": "content_filter" }] });
        let server = ScriptedServer::start(vec![ScriptedAnswer::json(200, &filtered), chat("a poem")]).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", POEM).await;
        assert_eq!(app.finished(&id).await["error"]["code"], "CONTENT_FILTERED");
        assert_eq!(retry(&app, &id).await["userErrors"], json!([]));
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("a poem")), "{task:#}");
        assert_eq!(server.requests().len(), 2);
    }

    async fn a_model_that_fails_twice_is_asked_a_third_time(stack: Stack) {
        let server = ScriptedServer::start(vec![refusal(500, "bo\u{0}om"), refusal(502, "bang"), chat("a poem")]).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("a poem")), "{task:#}");
        let only = &task["steps"][1];
        assert_eq!(attempts(only, "outcome"), ["RETRYING", "RETRYING", "COMPLETED"]);
        assert_eq!(attempts(only, "epoch"), ["1", "2", "3"]);
        assert_eq!(only["attempts"][0]["error"]["code"], "MODEL_UNAVAILABLE");
        assert!(only["attempts"][1]["error"]["message"].as_str().unwrap().contains("bang"));
        let calls: Vec<_> = only["llmCalls"].as_array().unwrap().iter().map(|call| &call["status"]).collect();
        assert_eq!(calls, ["FAILED", "FAILED", "SUCCEEDED"]);
        let waits: Vec<_> =
            events(&app, &id).await.into_iter().filter(|event| event["kind"] == "STEP_RETRYING").collect();
        assert_eq!(waits.len(), 2);
        assert!(
            waits.iter().all(|event| event["payload"]["retryInMs"].as_i64().is_some_and(|wait| (5..=50).contains(&wait))),
        );
        assert_eq!(only["error"], Value::Null, "{only:#}");
    }

    async fn a_model_that_always_fails_is_given_up_after_the_last_attempt(stack: Stack) {
        let server = ScriptedServer::always(refusal(500, "boom")).await;
        let app = app_on(stack, &server, |config| config.engine.max_attempts = 2).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!(
            (&task["status"], &task["error"]["code"]),
            (&json!("FAILED"), &json!("MODEL_UNAVAILABLE")),
            "{task:#}",
        );
        assert!(task["error"]["message"].as_str().unwrap().contains("boom"));
        assert_eq!(attempts(&task["steps"][1], "outcome"), ["RETRYING", "FAILED"]);
        assert_eq!(server.requests().len(), 2);
    }

    async fn refused_credentials_fail_at_once(stack: Stack) {
        let server = ScriptedServer::always(refusal(401, "wrong key")).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["error"]["code"]), (&json!("FAILED"), &json!("MODEL_UNAUTHORIZED")));
        assert!(task["error"]["message"].as_str().unwrap().contains("wrong key"), "{task:#}");
        assert_eq!((server.requests().len(), attempts(&task["steps"][1], "outcome")), (1, vec![&json!("FAILED")]));
    }

    async fn the_wait_a_server_asks_for_is_kept(stack: Stack) {
        let busy = refusal(429, "slow down").header("retry-after", "1");
        let server = ScriptedServer::start(vec![busy, chat("a poem")]).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        let events = events(&app, &id).await;
        let step = &events.iter().find(|event| event["kind"] == "STEP_RETRYING").unwrap();
        assert!(step["payload"]["retryInMs"].as_i64().unwrap() >= 1_000, "{step:#}");
        let again = events.iter().rfind(|event| event["kind"] == "STEP_STARTED").unwrap();
        assert!((moment(&again["at"]) - moment(&step["at"])).num_milliseconds() >= 1_000, "{again:#}");
    }

    async fn a_failed_step_takes_only_what_builds_on_it_along(stack: Stack) {
        let (server, mended) = broken_for("Build the API").await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", BRANCHES).await;
        let task = app.finished(&id).await;
        let status_of = |title| step(&task, title)["status"].clone();
        assert_eq!(task["status"], "FAILED", "{task:#}");
        assert_eq!((status_of("Build the API"), status_of("Ship it")), (json!("FAILED"), json!("SKIPPED")));
        assert_eq!((status_of("Write the docs"), status_of("Print them")), (json!("COMPLETED"), json!("COMPLETED")));
        assert_eq!(step(&task, "Ship it")["error"]["code"], "DEPENDENCY_FAILED");
        let why = task["error"]["message"].as_str().unwrap();
        assert!(why.contains("Build the API") && why.contains("no such thing"), "{why}");
        let failed_at = task["eventCursor"].clone();

        // A person mends it and lets it go on: what was done stays, and is not paid for again.
        mended.store(true, Ordering::SeqCst);
        assert_eq!(retry(&app, &id).await["userErrors"], json!([]));
        let done = app.finished(&id).await;
        assert_eq!(done["status"], "COMPLETED", "{done:#}");
        assert_eq!((&done["error"], &done["result"]), (&Value::Null, &json!("did Ship it")));
        assert_ne!(done["eventCursor"], failed_at);
        for title in ["Write the docs", "Print them"] {
            assert_eq!(step(&done, title), step(&task, title));
        }
        let asked: Vec<_> = server.requests().iter().map(step_of).collect();
        let times = |title: &str| asked.iter().filter(|asked| *asked == title).count();
        assert_eq!(
            (times("Build the API"), times("Write the docs"), times("Print them"), times("Ship it")),
            (2, 1, 1, 1),
        );
        assert_eq!(attempts(step(&done, "Build the API"), "outcome"), ["FAILED", "COMPLETED"]);
        assert_eq!(retry(&app, &id).await["userErrors"][0]["code"], "CONFLICT");
    }

    async fn an_answer_that_breaks_off_is_asked_for_again(stack: Stack) {
        let cut = ScriptedAnswer::sse(&[json!({ "choices": [{ "delta": { "content": "a po" } }] })]).cut();
        let server = ScriptedServer::start(vec![cut, chat("a poem")]).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("a poem")), "{task:#}");
        assert_eq!(attempts(&task["steps"][1], "outcome"), ["RETRYING", "COMPLETED"]);
    }
}
