//! The offline model: a deterministic stand-in that needs no key and no network.
//!
//! It works from the messages alone, through the same tool loop as any model: on its first turn it asks for the
//! offered tools that the step's words call for (`requests.rs`), on the next it writes what came of them
//! (`report.rs`): the answer first (`answer.rs`), then what it builds on; as JSON where a form is wanted (`form.rs`). It
//! restates and organises, says that it
//! does, and claims no knowledge of its own.
//! To teach it one more tool: a function in `requests.rs`, and its sentence in `findings.rs`.

mod answer;
mod arithmetic;
mod assignment;
mod compared;
mod criteria;
mod earlier;
mod embedder;
mod findings;
mod form;
mod options;
mod quantities;
mod report;
mod requests;
mod said;
mod shape;
mod situation;
mod wording;
mod words;

use async_trait::async_trait;

pub use embedder::{EMBEDDER_ID, OfflineEmbedder};

use super::{
    ChatModel, DeltaSink, LlmError,
    chat::{ChatAnswer, ChatRequest, FinishReason, ResponseSchema, ToolRequest, Usage},
    tokens::{estimate_request, estimate_tokens},
};
use situation::Situation;

/// Name of the provider.
pub const PROVIDER: &str = "offline";

/// Name of its only model.
pub const MODEL: &str = "offline-1";

/// Words that go to the sink at a time.
const WORDS_PER_DELTA: usize = 4;

/// The model that is always there.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflineModel;

#[async_trait]
impl ChatModel for OfflineModel {
    fn provider(&self) -> &str {
        PROVIDER
    }

    /// Answers without waiting for anything. Refuses only models other than [`MODEL`].
    async fn chat(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, LlmError> {
        if request.model != MODEL {
            return Err(LlmError::Rejected {
                provider: PROVIDER.to_owned(),
                message: format!("there is no model {:?}, only {MODEL:?}", request.model),
            });
        }
        let situation = Situation::read(&request.messages);
        let tool_calls = if situation.has_tool_results() {
            Vec::new()
        } else {
            requests::for_step(&situation, request)
        };
        let (content, finish) = if tool_calls.is_empty() {
            let report = report::write(&situation);
            let in_form = |wanted: &ResponseSchema| form::fill(&wanted.schema, &report);
            let said = match request.response_schema.as_ref().and_then(in_form) {
                Some(value) => value.to_string(),
                None => report,
            };
            cut(said, request.max_output_tokens)
        } else {
            (String::new(), FinishReason::ToolCalls)
        };
        stream(&content, deltas);
        let usage = Usage {
            input: estimate_request(request),
            output: estimate_tokens(&content) + tool_calls.iter().map(call_tokens).sum::<u64>(),
            ..Usage::default()
        };
        Ok(ChatAnswer {
            content,
            tool_calls,
            finish,
            usage: Some(usage),
            model: MODEL.to_owned(),
            thinking: None,
        })
    }
}

fn call_tokens(call: &ToolRequest) -> u64 {
    estimate_tokens(&call.name) + estimate_tokens(&call.arguments)
}

/// Keeps to the bound of the request as a real model must.
fn cut(mut text: String, max_tokens: u32) -> (String, FinishReason) {
    let max_tokens = u64::from(max_tokens);
    if estimate_tokens(&text) <= max_tokens {
        return (text, FinishReason::Stop);
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let fitting = ends.partition_point(|&end| estimate_tokens(&text[..end]) <= max_tokens);
    text.truncate(ends[fitting.saturating_sub(1)]);
    (text, FinishReason::Length)
}

fn stream(text: &str, deltas: DeltaSink<'_>) {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .match_indices(' ')
            .nth(WORDS_PER_DELTA - 1)
            .map_or(rest.len(), |(at, space)| at + space.len());
        let (group, after) = rest.split_at(end);
        deltas(group);
        rest = after;
    }
}
