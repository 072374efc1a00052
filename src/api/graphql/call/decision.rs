//! What a person said of a tool call.

use async_graphql::{Enum, SimpleObject};
use entity::tool_call;

use crate::api::graphql::scalars::{DateTime, date_time};

/// What a person says of a tool call whose outcome nobody knew.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::ToolDecision")]
pub(in crate::api::graphql) enum ToolDecision {
    /// It took effect. The model goes on from the result that comes with the decision.
    Happened,
    /// It did not take effect. The model is told so.
    DidNotHappen,
    /// It is to be sent once more, under the same idempotency key.
    RunAgain,
}

/// A decision on a tool call whose outcome nobody knew.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct CallDecision {
    /// What was said.
    decision: ToolDecision,
    /// The user in whose name it was said; null for the tenant's operator.
    user_id: Option<String>,
    /// When.
    at: DateTime,
    /// Why, in words.
    note: Option<String>,
}

impl CallDecision {
    /// The latest decision on a call, if there is one.
    pub(super) fn of(call: &tool_call::Model) -> Option<Self> {
        Some(Self {
            decision: call.decision?.into(),
            user_id: call.decided_by.as_ref().map(|user| user.as_str().to_owned()),
            at: date_time(call.decided_at?),
            note: call.decision_note.clone(),
        })
    }
}
