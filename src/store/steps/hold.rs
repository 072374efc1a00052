//! Fencing: a worker's write counts only while its claim is the step's latest.

use entity::{
    attempt,
    enums::{AttemptOutcome, StepStatus},
    ids::StepId,
    step,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};

use super::Claim;
use crate::store::{Store, StoreError, task_change::TaskChange};

impl Store {
    /// Locks the task of a claim and checks that the claim still holds its step.
    pub(in crate::store) async fn change_held(&self, claim: &Claim) -> Result<TaskChange, StoreError> {
        let change = self
            .change_task(claim.task.id)
            .await?
            .ok_or(StoreError::Missing("the task of a step"))?;
        let step = change.step(claim.step.id).await?;
        if step.status == StepStatus::Running && step.epoch == claim.step.epoch {
            return Ok(change);
        }
        change.abandon().await?;
        report_fenced(claim, Some(&step));
        Err(StoreError::Fenced(claim.step.id))
    }
}

/// Counts and logs a write that came too late. `now` is the step as it is, where that was read.
pub(super) fn report_fenced(claim: &Claim, now: Option<&step::Model>) {
    metrics::counter!("fenced_writes_total").increment(1);
    let epoch_now = now.map(|step| step.epoch);
    tracing::warn!(step.id = %claim.step.id, epoch = claim.step.epoch, now.epoch = epoch_now, "fenced write refused");
}

impl TaskChange {
    /// A step of the task, as it is now.
    pub(in crate::store) async fn step(&self, id: StepId) -> Result<step::Model, StoreError> {
        step::Entity::find_by_id(id)
            .one(&self.tx)
            .await?
            .ok_or(StoreError::Missing("a step"))
    }

    /// Closes the attempt of a claim.
    pub(in crate::store) async fn end_attempt(
        &self,
        claim: &Claim,
        outcome: AttemptOutcome,
        error: Option<(&str, &str)>,
    ) -> Result<(), StoreError> {
        attempt::ActiveModel {
            id: Set(claim.attempt_id),
            outcome: Set(outcome),
            error_code: Set(error.map(|(code, _)| code.to_owned())),
            error_message: Set(error.map(|(_, message)| message.to_owned())),
            ended_at: Set(Some(self.now)),
            ..Default::default()
        }
        .update(&self.tx)
        .await?;
        Ok(())
    }
}
