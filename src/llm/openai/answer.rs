//! Reading answers liberally: every field may be missing, `null` or of a neighbouring type.

use serde_json::Value;

use crate::llm::{
    chat::{FinishReason, Usage},
    http::count,
};

/// One message or delta: the part of the first choice in an answer or a chunk of one.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) refusal: String,
    pub(super) calls: Vec<CallPiece>,
    pub(super) finish: Option<FinishReason>,
}

/// A tool call or a part of one. Empty texts mean "not said here".
#[derive(Debug)]
pub(super) struct CallPiece {
    pub(super) index: Option<u64>,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: String,
}

/// What the first choice says; an empty piece where there is none, as in the chunk that only carries usage.
pub(super) fn piece(answer: &Value) -> Piece {
    let choices = answer["choices"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let Some(choice) = choices
        .iter()
        .find(|choice| choice["index"].as_u64().unwrap_or(0) == 0)
    else {
        return Piece::default();
    };
    let message = if choice["delta"].is_object() {
        &choice["delta"]
    } else {
        &choice["message"]
    };
    Piece {
        text: text(&message["content"]),
        refusal: text(&message["refusal"]),
        calls: message["tool_calls"]
            .as_array()
            .into_iter()
            .flatten()
            .map(call_piece)
            .collect(),
        finish: choice["finish_reason"]
            .as_str()
            .filter(|reason| !reason.is_empty())
            .map(finish),
    }
}

fn call_piece(call: &Value) -> CallPiece {
    let arguments = &call["function"]["arguments"];
    CallPiece {
        index: call["index"].as_u64(),
        id: call["id"].as_str().unwrap_or_default().to_owned(),
        name: call["function"]["name"].as_str().unwrap_or_default().to_owned(),
        // Some servers send the object itself in place of its text.
        arguments: if arguments.is_object() {
            arguments.to_string()
        } else {
            text(arguments)
        },
    }
}

/// A text, or the texts of a list of parts.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn finish(reason: &str) -> FinishReason {
    match reason.to_ascii_lowercase().as_str() {
        "stop" | "eos" | "end_turn" | "stop_sequence" => FinishReason::Stop,
        "tool_calls" | "tool_use" | "function_call" => FinishReason::ToolCalls,
        "length" | "max_tokens" | "model_length" => FinishReason::Length,
        "content_filter" | "safety" | "refusal" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}

/// Usage in disjoint buckets, or `None` where nothing is counted.
///
/// In this format `prompt_tokens` includes the cached ones and `completion_tokens` the reasoning ones. Some servers
/// count reasoning beside the completion; `total_tokens` tells them apart.
pub(super) fn usage(answer: &Value) -> Option<Usage> {
    let usage = &answer["usage"];
    let prompt = count(&usage["prompt_tokens"]);
    let completion = count(&usage["completion_tokens"]);
    if prompt == 0 && completion == 0 {
        return None;
    }
    let details = &usage["prompt_tokens_details"];
    let cached = count(&details["cached_tokens"]).max(count(&usage["prompt_cache_hit_tokens"]));
    let cache_read = cached.min(prompt);
    let cache_write = count(&details["cache_write_tokens"]).min(prompt - cache_read);
    let reasoning = count(&usage["completion_tokens_details"]["reasoning_tokens"]);
    let total = count(&usage["total_tokens"]);
    let beside = reasoning > completion || (reasoning > 0 && total == prompt + completion + reasoning);
    Some(Usage {
        input: prompt - cache_read - cache_write,
        cache_read,
        cache_write,
        output: if beside {
            completion
        } else {
            completion - reasoning
        },
        reasoning,
    })
}
