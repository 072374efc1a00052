//! A worker stopped a step because its task is being cancelled.

use entity::{
    enums::{AttemptOutcome, CallStatus, EventKind, StepStatus},
    llm_call, tool_call,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::Claim;
use crate::store::{Committed, Store, StoreError, task_change::TaskChange};

impl Store {
    /// Ends a step that was told to stop.
    pub async fn cancel_step(&self, claim: &Claim) -> Result<Committed, StoreError> {
        let mut change = self.change_held(claim).await?;
        if change.task.cancel_requested_at.is_none() {
            // It was retried before this worker got round to stopping.
            change.release_reservations(claim).await?;
            change.give_step_back(claim, "the task goes on").await?;
            return change.commit().await;
        }
        change.cancel_held(claim).await?;
        change.commit().await
    }
}

impl TaskChange {
    /// Cancels the held step; its event lists the calls that were under way and what became of them.
    pub(in crate::store) async fn cancel_held(&mut self, claim: &Claim) -> Result<(), StoreError> {
        let in_flight = self.calls_in_flight(claim).await?;
        self.release_reservations(claim).await?;
        self.end_attempt(claim, AttemptOutcome::Cancelled, None).await?;
        self.end_step(claim.step.id, StepStatus::Running, StepStatus::Cancelled, None)
            .await?;
        self.close_tool_calls(&[claim.step.id]).await?;
        let payload = json!({ "status": StepStatus::Cancelled, "inFlight": in_flight });
        self.record(EventKind::StepCancelled, Some(claim.step.id), &payload);
        self.end_if_done().await
    }

    /// What was under way in the attempt, and the calls of the step whose outcome is in doubt.
    async fn calls_in_flight(&self, claim: &Claim) -> Result<Vec<serde_json::Value>, StoreError> {
        let under_way = [CallStatus::Reserved, CallStatus::Dispatched];
        let llm = llm_call::Entity::find()
            .filter(llm_call::Column::StepId.eq(claim.step.id))
            .filter(llm_call::Column::AttemptId.eq(claim.attempt_id))
            .filter(llm_call::Column::Status.is_in(under_way))
            .all(&self.tx)
            .await?;
        let tools = tool_call::Entity::find()
            .filter(tool_call::Column::StepId.eq(claim.step.id))
            .filter(tool_call::Column::AttemptId.eq(claim.attempt_id))
            .filter(tool_call::Column::Status.is_in(under_way))
            .all(&self.tx)
            .await?;
        let in_doubt = self.undecided_calls(&[claim.step.id]).await?;
        let llm = llm
            .iter()
            .map(|call| json!({ "llmCall": call.id, "model": call.model, "fate": "DROPPED" }));
        let tools = tools.iter().chain(&in_doubt).map(unknown_fate);
        Ok(llm.chain(tools).collect())
    }
}

/// A tool call as the event of its step's end lists it.
pub(in crate::store) fn unknown_fate(call: &tool_call::Model) -> serde_json::Value {
    json!({ "toolCall": call.id, "tool": call.tool, "fate": CallStatus::Unknown })
}
