//! The journal of model and tool calls, as clients see it.

mod decision;
mod llm_call;
mod mutation;
mod tool_call;

use async_graphql::Enum;

pub(super) use decision::ToolDecision;
pub(super) use llm_call::LlmCall;
pub(super) use mutation::CallMutation;
pub(super) use tool_call::ToolCall;

/// Where a call is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::CallStatus")]
pub(super) enum CallStatus {
    /// Written down, not sent. Also a tool call that a person wants to be sent once more, until a worker does.
    Reserved,
    /// Sent; its outcome is not known yet.
    Dispatched,
    /// Answered.
    Succeeded,
    /// Refused or failed.
    Failed,
    /// Sent, and nobody knows what happened: see `decideApproval`.
    Unknown,
}
