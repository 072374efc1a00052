//! Tool calls that were sent and of which nobody knows how they ended: they wait for a person.

use entity::{
    enums::{CallStatus, EventKind},
    ids::{StepId, ToolCallId},
    tool_call,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::{
    domain::lifecycle::Lifecycle,
    store::{Committed, Store, StoreError, steps::Claim, task_change::TaskChange},
};

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
            let status = call.status.to(CallStatus::Unknown)?;
            tool_call::ActiveModel {
                id: Set(call.id),
                status: Set(status),
                error_code: Set(Some((*code).to_owned())),
                error_message: Set(Some(message.clone())),
                ..Default::default()
            }
            .update(&change.tx)
            .await?;
            let payload = json!({
                "callId": call.id, "tool": call.tool, "status": status, "error": { "code": code, "message": message },
            });
            change.record(EventKind::ToolCallUnknown, Some(claim.step.id), &payload);
        }
        let undecided = change.undecided_calls(&[claim.step.id]).await?;
        Ok((in_words(&undecided), change.commit().await?))
    }
}

impl TaskChange {
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
