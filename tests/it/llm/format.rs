//! The wire formats the scripted server speaks, behind one face: what keeps for both is tested for both.

use std::time::Duration;

use agent_orchestrator::llm::{ChatModel, ProviderSettings, anthropic::AnthropicModel, openai::OpenAiModel};
use serde_json::{Value, json};

use super::scripted_server::{ScriptedAnswer, ScriptedServer};

/// The key that models are given. It must never be seen in a text.
pub(crate) const KEY: &str = "sk-test-0123456789abcdef";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    OpenAi,
    Anthropic,
}

impl Format {
    pub(crate) const ALL: [Self; 2] = [Self::OpenAi, Self::Anthropic];

    pub(crate) fn settings(self, server: &ScriptedServer) -> ProviderSettings {
        ProviderSettings {
            base_url: match self {
                Self::OpenAi => server.base_url(),
                Self::Anthropic => server.origin(),
            },
            api_key: Some(KEY.into()),
            request_timeout: Duration::from_secs(20),
            stall_timeout: Duration::from_secs(10),
        }
    }

    pub(crate) fn model(self, settings: ProviderSettings) -> Box<dyn ChatModel> {
        match self {
            Self::OpenAi => Box::new(OpenAiModel::new(settings).unwrap()),
            Self::Anthropic => Box::new(AnthropicModel::new(settings).unwrap()),
        }
    }

    /// A stream that has begun.
    pub(crate) fn opening(self) -> ScriptedAnswer {
        match self {
            Self::OpenAi => {
                ScriptedAnswer::sse(&[json!({ "choices": [{ "delta": { "role": "assistant" } }] })])
            }
            Self::Anthropic => ScriptedAnswer::sse(&[]).then(&event(&message_start(1, 1))),
        }
    }

    /// An event that says a piece of the answer. Its block opens with the first piece.
    pub(crate) fn piece(self, text: &str) -> String {
        match self {
            Self::OpenAi => format!(
                "data: {}\n\n",
                json!({ "choices": [{ "delta": { "content": text } }] })
            ),
            Self::Anthropic => event(&delta(0, &json!({ "type": "text_delta", "text": text }))),
        }
    }

    /// An event that asks for one more tool.
    pub(crate) fn one_more_call(self) -> String {
        match self {
            Self::OpenAi => {
                let call = json!({ "function": { "name": "f" } });
                format!(
                    "data: {}\n\n",
                    json!({ "choices": [{ "delta": { "tool_calls": [call] } }] })
                )
            }
            Self::Anthropic => event(&json!({ "type": "content_block_start", "index": 0,
                "content_block": { "type": "tool_use", "id": "t", "name": "f", "input": {} } })),
        }
    }

    /// A whole streamed answer.
    pub(crate) fn says(self, text: &str, input: u64, output: u64) -> ScriptedAnswer {
        match self {
            Self::OpenAi => ScriptedAnswer::chat(text, input, output),
            Self::Anthropic => message(
                &[json!({ "type": "text", "text": text })],
                "end_turn",
                input,
                output,
            ),
        }
    }

    /// A streamed wish for a tool.
    pub(crate) fn calls(self, name: &str, arguments: &Value) -> ScriptedAnswer {
        match self {
            Self::OpenAi => ScriptedAnswer::tool_call(name, arguments),
            Self::Anthropic => message(&[tool_use(name, arguments)], "tool_use", 100, 10),
        }
    }

    /// A refusal as the provider words it.
    pub(crate) fn refusal(self, status: u16, kind: &str, text: &str) -> ScriptedAnswer {
        ScriptedAnswer::json(status, &self.error(kind, text))
    }

    /// An error as the provider words it.
    pub(crate) fn error(self, kind: &str, text: &str) -> Value {
        let error = json!({ "type": kind, "message": text });
        match self {
            Self::OpenAi => json!({ "error": error }),
            Self::Anthropic => json!({ "type": "error", "error": error }),
        }
    }

    /// A stream of events that has usage as the provider writes it.
    pub(crate) fn says_using(self, text: &str, used: &Value) -> ScriptedAnswer {
        match self {
            Self::OpenAi => ScriptedAnswer::sse(&[
                json!({ "choices": [{ "delta": { "content": text } }] }),
                json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }),
                json!({ "choices": [], "usage": used }),
            ])
            .done(),
            Self::Anthropic => {
                let mut start = message_start(0, 1);
                start["message"]["usage"] = used.clone();
                start["message"]["usage"]["output_tokens"] = json!(1);
                let end = json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" },
                    "usage": { "output_tokens": used["output_tokens"] } });
                events(&[start])
                    .then(&self.piece(text))
                    .then(&event(&end))
                    .then(&event(&json!({ "type": "message_stop" })))
            }
        }
    }
}

/// An event as Anthropic sends it: its type stands before its data too.
pub(crate) fn event(data: &Value) -> String {
    format!(
        "event: {}\ndata: {data}\n\n",
        data["type"].as_str().unwrap_or("message")
    )
}

/// A stream of Anthropic's events.
pub(crate) fn events(all: &[Value]) -> ScriptedAnswer {
    all.iter()
        .fold(ScriptedAnswer::sse(&[]), |answer, data| answer.then(&event(data)))
}

pub(crate) fn message_start(input: u64, output: u64) -> Value {
    json!({ "type": "message_start", "message": { "id": "msg_1", "type": "message", "role": "assistant",
        "model": "claude-test-20260101", "content": [], "stop_reason": null, "stop_sequence": null,
        "usage": { "input_tokens": input, "output_tokens": output,
            "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0 } } })
}

pub(crate) fn delta(index: u64, delta: &Value) -> Value {
    json!({ "type": "content_block_delta", "index": index, "delta": delta })
}

pub(crate) fn tool_use(name: &str, arguments: &Value) -> Value {
    json!({ "type": "tool_use", "id": format!("toolu_{name}"), "name": name, "input": arguments })
}

/// A streamed message of Anthropic's with these blocks: texts word by word, arguments and thoughts in pieces.
pub(crate) fn message(blocks: &[Value], stop_reason: &str, input: u64, output: u64) -> ScriptedAnswer {
    let mut all = vec![message_start(input, 1), json!({ "type": "ping" })];
    for (index, block) in (0..).zip(blocks) {
        let mut opening = block.clone();
        let deltas: Vec<Value> = match block["type"].as_str().unwrap() {
            "text" => {
                opening["text"] = json!("");
                let words = block["text"].as_str().unwrap().split_inclusive(' ');
                words
                    .map(|word| json!({ "type": "text_delta", "text": word }))
                    .collect()
            }
            "tool_use" => {
                opening["input"] = json!({});
                let text: Vec<char> = block["input"].to_string().chars().collect();
                let pieces = text.chunks(3).map(|piece| piece.iter().collect::<String>());
                // The first piece is empty, as it is in real streams.
                std::iter::once(String::new())
                    .chain(pieces)
                    .map(|piece| json!({ "type": "input_json_delta", "partial_json": piece }))
                    .collect()
            }
            "thinking" => {
                (opening["thinking"], opening["signature"]) = (json!(""), json!(""));
                vec![
                    json!({ "type": "thinking_delta", "thinking": block["thinking"] }),
                    json!({ "type": "signature_delta", "signature": block["signature"] }),
                ]
            }
            _ => Vec::new(),
        };
        all.push(json!({ "type": "content_block_start", "index": index, "content_block": opening }));
        all.extend(deltas.into_iter().map(|piece| delta(index, &piece)));
        all.push(json!({ "type": "content_block_stop", "index": index }));
    }
    all.push(
        json!({ "type": "message_delta", "delta": { "stop_reason": stop_reason, "stop_sequence": null },
        "usage": { "output_tokens": output } }),
    );
    all.push(json!({ "type": "message_stop" }));
    events(&all)
}
