//! The model: what it says depends on the step and on how far the conversation is, and on nothing else.

use std::time::Duration;

use axum::{
    body::Body,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    CallPoint, World,
    log::ModelCall,
    traps::Sort,
    work::{self, Work},
};

/// Every answer takes this long, so that there is a time in which a call is under way.
const THINKING: Duration = Duration::from_millis(15);

/// Pause between the words of a slow answer.
const SLOWLY: Duration = Duration::from_millis(250);

impl World {
    pub(super) async fn chat(&self, caller: &str, body: &[u8]) -> Response {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some((code, work)) = step_of(&request) else {
            return (StatusCode::BAD_REQUEST, "no step is named").into_response();
        };
        let messages = request["messages"].as_array().map_or(&[][..], Vec::as_slice);
        let said = |role: &str| messages.iter().filter(|message| message["role"] == role).count();
        let results = said("tool");
        let place = self.log.asked(ModelCall {
            caller: caller.to_owned(),
            code: code.clone(),
            ordinal: said("assistant"),
            hash: format!("{:x?}", Sha256::digest(body)),
            answered: false,
        });
        let dies = self.traps.spring(caller, Sort::Model);
        if self
            .traps
            .reached(CallPoint::BeforeEffect, dies, caller, Sort::Model)
        {
            return gone();
        }
        tokio::time::sleep(THINKING).await;
        if work == Work::Spoil {
            return (
                StatusCode::INTERNAL_SERVER_ERROR,
                "{\"error\":{\"message\":\"spoilt\"}}",
            )
                .into_response();
        }
        if self
            .traps
            .reached(CallPoint::BeforeAnswer, dies, caller, Sort::Model)
        {
            return gone();
        }
        self.log.was_answered(place);
        if dies == Some(CallPoint::AfterAnswer) {
            self.traps.kill_soon(dies, caller, Sort::Model);
        }
        let pause = if work == Work::Ponder {
            SLOWLY
        } else {
            Duration::ZERO
        };
        match work.tools().get(results) {
            Some(tool) => streamed(&ask_for(tool, &code, results), Duration::ZERO),
            None => streamed(&say(&work.says(&code)), pause),
        }
    }
}

/// The caller is dead: nothing it could read.
fn gone() -> Response {
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

fn step_of(request: &Value) -> Option<(String, Work)> {
    let prompt = request["messages"][1]["content"].as_str()?;
    let title = prompt
        .lines()
        .find_map(|line| line.strip_prefix("# Your step: "))?;
    let (code, work) = work::find(title)?;
    Some((code.to_owned(), work))
}

fn say(text: &str) -> Vec<Value> {
    let mut chunks: Vec<Value> = text
        .split_inclusive(' ')
        .map(|word| json!({ "choices": [{ "delta": { "content": word } }] }))
        .collect();
    chunks.push(json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }));
    chunks
}

fn ask_for(tool: &str, code: &str, turn: usize) -> Vec<Value> {
    let arguments = json!({ "item": format!("{code}t{turn}") }).to_string();
    let call = json!({ "index": 0, "id": format!("call_{turn}"), "type": "function",
        "function": { "name": tool, "arguments": arguments } });
    vec![
        json!({ "choices": [{ "delta": { "tool_calls": [call] } }] }),
        json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] }),
    ]
}

fn streamed(chunks: &[Value], pause: Duration) -> Response {
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110 } });
    let events: Vec<String> = chunks
        .iter()
        .chain([&usage])
        .map(|chunk| format!("data: {chunk}\n\n"))
        .chain(["data: [DONE]\n\n".to_owned()])
        .collect();
    let body = stream::iter(events).then(move |event| async move {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        Ok::<_, std::convert::Infallible>(event)
    });
    ([("content-type", "text/event-stream")], Body::from_stream(body)).into_response()
}
