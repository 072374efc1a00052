//! The journal of model and tool calls, as clients see it.

mod llm_call;
mod tool_call;

use async_graphql::Enum;

pub(super) use llm_call::LlmCall;
pub(super) use tool_call::ToolCall;

/// Where a call is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::CallStatus")]
pub(super) enum CallStatus {
    /// Written down, not sent.
    Reserved,
    /// Sent; its outcome is not known yet.
    Dispatched,
    /// Answered.
    Succeeded,
    /// Refused or failed.
    Failed,
    /// Sent, and nobody knows what happened.
    Unknown,
}
