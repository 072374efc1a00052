//! A model that writes slowly, and a client that watches it as the schema says.

use std::time::Duration;

use agent_orchestrator::config::Config;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer, usage},
    support::{Socket, Stack, TestApp},
};

pub(super) const WATCH: &str = "subscription($id: ID!, $after: Int, $attempt: BigInt) { \
    stepOutput(stepId: $id, after: $after, attempt: $attempt) { stepId attempt offset text isFinal } }";

/// Longer than a word takes, and for many words longer than a draft.
pub(super) const PAUSE: Duration = Duration::from_millis(120);

/// Some characters of which UTF-8, UTF-16 and eyes count differently.
pub(super) const POEM: &str = "Roses are 🌹 red, violets are blau und naïve, 日本 is far, the moon 🌕 is near, and I write \
    slowly, word by word, so that everyone may come and go while I am at it, twice.";

pub(super) fn speak_with(config: &mut Config, server: &ScriptedServer) {
    let provider = json!({ "base_url": server.base_url(), "model": "gpt-4o-mini" });
    config.models.openai = serde_json::from_value(provider).unwrap();
    config.engine.retry_base_ms = 50;
    config.engine.retry_max_ms = 100;
}

pub(super) async fn app_with(stack: Stack, server: &ScriptedServer) -> TestApp {
    TestApp::start_with(stack, |config| speak_with(config, server)).await
}

/// The words of a text, one after the other, without an end.
pub(super) fn words(text: &str, pause: Duration) -> ScriptedAnswer {
    text.split_inclusive(' ')
        .fold(ScriptedAnswer::sse(&[]), |answer, word| {
            let chunk = json!({ "choices": [{ "delta": { "content": word } }] });
            answer.then(&format!("data: {chunk}\n\n")).pause(pause)
        })
}

pub(super) fn stopped(answer: ScriptedAnswer) -> ScriptedAnswer {
    let stop = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] });
    let usage = usage(10, 10);
    answer.then(&format!("data: {stop}\n\ndata: {usage}\n\n")).done()
}

/// Says something and asks for a tool.
pub(super) fn says_and_calls(text: &str) -> ScriptedAnswer {
    let call = json!({ "index": 0, "id": "call_1", "type": "function",
        "function": { "name": "current_time", "arguments": "{}" } });
    ScriptedAnswer::sse(&[
        json!({ "choices": [{ "delta": { "content": text } }] }),
        json!({ "choices": [{ "delta": { "tool_calls": [call] } }] }),
        json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] }),
        usage(10, 10),
    ])
    .done()
}

/// What a client has that does as the schema says.
#[derive(Default)]
pub(super) struct Output {
    pub(super) attempt: String,
    pub(super) text: Vec<u16>,
    pub(super) chunks: Vec<Value>,
    pub(super) is_final: bool,
}

impl Output {
    fn take(&mut self, chunk: &Value) {
        let offset = usize::try_from(chunk["offset"].as_i64().unwrap()).unwrap();
        assert!(
            offset <= self.text.len(),
            "a hole: {chunk:#} after {:#?}",
            self.chunks
        );
        assert!(!self.is_final, "more after the end");
        self.is_final = chunk["isFinal"] == true;
        let attempt = chunk["attempt"].as_str().unwrap();
        if self.attempt == attempt && !self.is_final {
            assert_eq!(
                offset,
                self.text.len(),
                "a repeat: {chunk:#} after {:#?}",
                self.chunks
            );
            assert_ne!(chunk["text"], "", "a chunk that says nothing");
        }
        attempt.clone_into(&mut self.attempt);
        self.text.truncate(offset);
        self.text.extend(chunk["text"].as_str().unwrap().encode_utf16());
        self.chunks.push(chunk.clone());
    }

    pub(super) fn text(&self) -> String {
        String::from_utf16(&self.text).unwrap()
    }

    pub(super) async fn until(&mut self, socket: &mut Socket, enough: impl Fn(&Self) -> bool) {
        while !enough(self) {
            self.take(&socket.next().await["stepOutput"]);
        }
    }

    /// Everything to the last chunk, after which the operation is complete.
    pub(super) async fn finish(mut self, mut socket: Socket) -> Self {
        for data in socket.rest().await {
            self.take(&data["stepOutput"]);
        }
        assert!(self.is_final, "{:#?}", self.chunks);
        self
    }
}

pub(super) async fn watch(app: &TestApp, variables: Value) -> Socket {
    let mut socket = app.socket().await;
    socket.subscribe("1", WATCH, variables).await;
    socket
}

/// The only working step of a task, once it is planned.
pub(super) async fn step_of(app: &TestApp, task: &str) -> String {
    let task = app
        .wait_for(task, |task| task["steps"][1]["id"].is_string())
        .await;
    task["steps"][1]["id"].as_str().unwrap().to_owned()
}

pub(super) async fn output(app: &TestApp, task: &str) -> Value {
    app.finished(task).await["steps"][1]["output"].clone()
}

/// One that was there from the start and one that came in the middle both get everything.
pub(super) async fn early_and_late(app: &TestApp) -> [Output; 2] {
    let id = app.submit("ada", "Write a poem.").await;
    let step = step_of(app, &id).await;
    let (mut early, mut early_socket) = (Output::default(), watch(app, json!({ "id": step })).await);
    early
        .until(&mut early_socket, |output| output.text.len() > 60)
        .await;
    let late_socket = watch(app, json!({ "id": step, "after": null })).await;
    let (early, late) = tokio::join!(early.finish(early_socket), Output::default().finish(late_socket));
    assert_eq!(early.text(), POEM);
    assert_eq!(late.text(), POEM);
    assert_eq!(output(app, &id).await, POEM);
    assert!(early.chunks.len() > 5, "{:#?}", early.chunks);
    assert!(late.chunks.len() > 2, "{:#?}", late.chunks);
    let first = late.chunks[0]["text"].as_str().unwrap();
    assert!(
        first.len() > 30,
        "the text so far comes first: {:#?}",
        late.chunks
    );
    [early, late]
}

pub(super) async fn drafts(app: &TestApp) -> i64 {
    let connection = app.connection().await;
    let count = Statement::from_string(
        connection.get_database_backend(),
        "SELECT count(*) AS n FROM step_draft",
    );
    let row = connection.query_one_raw(count).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

pub(super) async fn socket_rest(mut socket: Socket) -> Vec<Value> {
    let rest = socket.rest().await;
    rest.into_iter().map(|data| data["stepOutput"].clone()).collect()
}
