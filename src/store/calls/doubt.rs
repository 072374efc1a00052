//! Tool calls that were sent and of which nobody knows how they ended: they wait for a person.

use entity::{
    enums::{CallStatus, EventKind, ToolEffect},
    ids::{StepId, ToolCallId},
    tool_call,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::{
    domain::lifecycle::Lifecycle,
    store::{Committed, Store, StoreError, steps::Claim, task_change::TaskChange},
};

/// Code and message of a call whose attempt ended first.
pub const INTERRUPTED: (&str, &str) = (
    "INTERRUPTED",
    "the attempt that sent the call ended before the tool answered",
);

/// A call that may have taken effect, and why nobody knows.
#[derive(Clone, Debug)]
pub struct Doubt {
    pub call: ToolCallId,
    pub code: &'static str,
    pub message: String,
}

impl Store {
    /// Says of calls that were sent that their outcome is unknown; those that have one by now are left as they are.
    /// Answers, in words, what the step has to wait for.
    pub async fn doubt_tool_calls(
        &self,
        claim: &Claim,
        doubts: &[Doubt],
    ) -> Result<(String, Committed), StoreError> {
        let mut change = self.change_held(claim).await?;
        for Doubt { call, code, message } in doubts {
            let call = change.tool_call(*call).await?;
            if call.status != CallStatus::Dispatched {
                continue;
            }
            change.doubt(&call, code, message).await?;
        }
        let undecided = change.undecided_calls(&[claim.step.id]).await?;
        Ok((in_words(&undecided), change.commit().await?))
    }
}

impl TaskChange {
    /// Says of the calls that an ended attempt left without an outcome, and that do harm when repeated, that it is unknown.
    pub(super) async fn doubt_what_was_sent(&mut self, claim: &Claim) -> Result<(), StoreError> {
        let sent = tool_call::Entity::find()
            .filter(tool_call::Column::StepId.eq(claim.step.id))
            .filter(tool_call::Column::AttemptId.eq(claim.attempt_id))
            .filter(tool_call::Column::Status.eq(CallStatus::Dispatched))
            .filter(tool_call::Column::Effect.eq(ToolEffect::AtMostOnce))
            .order_by_asc(tool_call::Column::Id)
            .all(&self.tx)
            .await?;
        for call in sent {
            self.doubt(&call, INTERRUPTED.0, INTERRUPTED.1).await?;
        }
        Ok(())
    }

    async fn doubt(&mut self, call: &tool_call::Model, code: &str, message: &str) -> Result<(), StoreError> {
        let status = call.status.to(CallStatus::Unknown)?;
        tool_call::ActiveModel {
            id: Set(call.id),
            status: Set(status),
            error_code: Set(Some(code.to_owned())),
            error_message: Set(Some(message.to_owned())),
            ..Default::default()
        }
        .update(&self.tx)
        .await?;
        let payload = json!({
            "callId": call.id, "tool": call.tool, "status": status, "error": { "code": code, "message": message },
        });
        self.record(EventKind::ToolCallUnknown, Some(call.step_id), &payload);
        Ok(())
    }

    /// The calls of these steps that wait for a person, in order.
    pub(in crate::store) async fn undecided_calls(
        &self,
        steps: &[StepId],
    ) -> Result<Vec<tool_call::Model>, StoreError> {
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        Ok(tool_call::Entity::find()
            .filter(tool_call::Column::StepId.is_in(steps.iter().copied()))
            .filter(tool_call::Column::Status.eq(CallStatus::Unknown))
            // Others that an ended step left behind are sent again, should it be retried.
            .filter(tool_call::Column::Effect.eq(ToolEffect::AtMostOnce))
            .order_by_asc(tool_call::Column::Id)
            .all(&self.tx)
            .await?)
    }
}

/// What a step with these undecided calls waits for.
pub(super) fn in_words(undecided: &[tool_call::Model]) -> String {
    let calls: Vec<String> = undecided
        .iter()
        .map(|call| format!("{} ({})", call.tool, call.id))
        .collect();
    format!(
        "called without word of whether it took effect: {}. A person says with decideApproval what happened, or to run it again",
        calls.join(", ")
    )
}
