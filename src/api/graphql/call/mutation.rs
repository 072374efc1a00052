//! Settling tool calls whose outcome nobody knows.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::{ToolCall, ToolDecision};
use crate::{
    api::graphql::{
        context::ContextExt,
        error::Error,
        ids::decode,
        payload::{UserError, outcome},
        step::Step,
        task::Task,
    },
    services::ApprovalDecision,
};

/// The field of the input that names the call.
const ID_FIELD: &str = "toolCallId";

/// Which call, and what became of it.
#[derive(InputObject)]
pub(in crate::api::graphql) struct DecideApprovalInput {
    /// `call_…`: a call whose status is `UNKNOWN`.
    tool_call_id: ID,
    /// What happened, or what is to happen.
    decision: ToolDecision,
    /// What the tool answered, at most 32 KiB; for `HAPPENED`, which needs it. The model reads it as the tool's answer.
    result: Option<String>,
    /// Why, for the record; at most 4 KiB. The model does not read it.
    note: Option<String>,
    /// Act as this user: what belongs to others looks absent. Recorded as who decided.
    user_id: Option<String>,
}

/// What came of a decision.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct DecideApprovalPayload {
    /// The call, settled; null if the decision was refused.
    tool_call: Option<ToolCall>,
    /// Its step: `READY` to go on, or still `WAITING` for decisions on other calls.
    step: Option<Step>,
    /// Its task.
    task: Option<Task>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(in crate::api::graphql) struct CallMutation;

#[Object]
impl CallMutation {
    /// Says what became of a tool call whose outcome nobody knows. Its step goes on once all such calls are settled. The
    /// first decision counts; another is refused with `CONFLICT`.
    async fn decide_approval(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which call, and what became of it.")] input: DecideApprovalInput,
    ) -> Result<DecideApprovalPayload, Error> {
        let DecideApprovalInput {
            tool_call_id,
            decision,
            result,
            note,
            user_id,
        } = input;
        let decision = ApprovalDecision {
            decision: decision.into(),
            result,
            note,
        };
        let decided = async {
            let scope = ctx.caller()?.scope_of(user_id.as_deref())?;
            let id = decode(ID_FIELD, &tool_call_id)?;
            Ok(ctx.services()?.decide_approval(&scope, id, decision).await?)
        };
        let (approved, user_errors) = outcome(decided.await, ID_FIELD)?;
        let (tool_call, step, task) = approved.map_or((None, None, None), |approved| {
            (Some(approved.call), Some(approved.step), Some(approved.task))
        });
        Ok(DecideApprovalPayload {
            tool_call: tool_call.map(ToolCall),
            step: step.map(Step),
            task: task.map(Task),
            user_errors,
        })
    }
}
