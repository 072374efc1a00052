//! Putting a step aside until a person acts. That costs the step no attempt.

use entity::{
    enums::{AttemptOutcome, EventKind, StepStatus, WaitReason},
    step,
    values::NanoUsd,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::json;

use super::Claim;
use crate::{
    domain::lifecycle::Lifecycle,
    store::{Committed, Store, StoreError},
};

impl Store {
    /// Ends the attempt and lets the step wait. `message` says what a person can do about it.
    pub async fn park_step(
        &self,
        claim: &Claim,
        reason: WaitReason,
        needed: Option<NanoUsd>,
        message: &str,
    ) -> Result<Committed, StoreError> {
        let mut change = self.change_held(claim).await?;
        if change.task.cancel_requested_at.is_some() {
            change.cancel_held(claim).await?;
            return change.commit().await;
        }
        change.release_reservations(claim).await?;
        if needed.is_some_and(|needed| change.can_afford(needed)) {
            // What others held came back meanwhile: nobody would tell a step that parks only now.
            change.give_step_back(claim, "the money came back").await?;
            return change.commit().await;
        }
        if reason == WaitReason::Approval && change.undecided_calls(&[claim.step.id]).await?.is_empty() {
            // A person was quicker, and nobody would tell a step that parks only now.
            change.give_step_back(claim, "a person decided").await?;
            return change.commit().await;
        }
        change
            .end_attempt(claim, AttemptOutcome::Released, Some((reason.as_str(), message)))
            .await?;
        step::ActiveModel {
            id: Set(claim.step.id),
            status: Set(StepStatus::Running.to(StepStatus::Waiting)?),
            waiting_on: Set(Some(reason)),
            attempts: Set(claim.step.attempts - 1),
            worker_id: Set(None),
            lease_until: Set(None),
            error_code: Set(Some(reason.as_str().to_owned())),
            error_message: Set(Some(message.to_owned())),
            updated_at: Set(change.now),
            ..Default::default()
        }
        .update(&change.tx)
        .await?;
        change.task.active_steps -= 1;
        let payload = json!({ "status": StepStatus::Waiting, "waitingOn": reason, "message": message });
        change.record(EventKind::StepWaiting, Some(claim.step.id), &payload);
        change.end_if_done().await?;
        change.commit().await
    }
}
