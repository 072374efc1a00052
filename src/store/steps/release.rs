//! A worker gives a step back unfinished, because it is stopping. That costs the step no attempt.

use entity::{
    enums::{AttemptOutcome, EventKind, StepStatus},
    step,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;

use super::Claim;
use crate::store::{Committed, Store, StoreError, task_change::TaskChange};

impl Store {
    /// Makes the step ready for another worker at once.
    pub async fn release_step(&self, claim: &Claim) -> Result<Committed, StoreError> {
        let mut change = self.change_held(claim).await?;
        if change.task.cancel_requested_at.is_some() {
            change.cancel_held(claim).await?;
            return change.commit().await;
        }
        change.release_reservations(claim).await?;
        change.give_step_back(claim, "worker stopped").await?;
        change.commit().await
    }
}

impl TaskChange {
    /// Makes the held step ready again as if it had not been claimed.
    pub(in crate::store) async fn give_step_back(
        &mut self,
        claim: &Claim,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.end_attempt(claim, AttemptOutcome::Released, None).await?;
        self.put_back(claim, 0, None).await?;
        step::ActiveModel {
            id: Set(claim.step.id),
            attempts: Set(claim.step.attempts - 1),
            ..Default::default()
        }
        .update(&self.tx)
        .await?;
        let payload = json!({ "status": StepStatus::Ready, "key": claim.step.key, "reason": reason });
        self.record(EventKind::StepReady, Some(claim.step.id), &payload);
        Ok(())
    }
}
