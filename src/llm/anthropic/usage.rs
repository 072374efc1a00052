//! Tokens and the reason to stop, in our words.

use serde_json::Value;

use crate::llm::{
    chat::{FinishReason, Usage},
    http::count,
};

/// What has been counted so far. The buckets of the format are disjoint already: `input_tokens` has none of the cached
/// ones. `output_tokens` includes thinking, which is billed alike and not counted by itself.
/// Source: Anthropic API documentation, "Prompt caching".
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted(Usage);

impl Counted {
    /// Takes in the usage of a message or of an event. Counts grow in the course of a stream, and some gateways fill in
    /// zeros: the largest is right.
    pub(super) fn add(&mut self, usage: &Value) {
        let written = &usage["cache_creation"];
        let by_lifetime =
            count(&written["ephemeral_5m_input_tokens"]) + count(&written["ephemeral_1h_input_tokens"]);
        let Usage {
            input,
            cache_read,
            cache_write,
            output,
            ..
        } = &mut self.0;
        for (bucket, counted) in [
            (input, count(&usage["input_tokens"])),
            (cache_read, count(&usage["cache_read_input_tokens"])),
            (
                cache_write,
                count(&usage["cache_creation_input_tokens"]).max(by_lifetime),
            ),
            (output, count(&usage["output_tokens"])),
        ] {
            *bucket = counted.max(*bucket);
        }
    }

    /// The usage, or `None` where nothing was counted.
    pub(super) fn usage(self) -> Option<Usage> {
        (self.0 != Usage::default()).then_some(self.0)
    }
}

/// Why the model stopped. Source: Anthropic API documentation, "Handling stop reasons".
pub(super) fn finish(reason: &str) -> FinishReason {
    match reason {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "tool_use" => FinishReason::ToolCalls,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "refusal" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}
