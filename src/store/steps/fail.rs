//! A failed attempt: another one later, or the end of the step and of all that built on it.

use std::{collections::HashSet, time::Duration};

use entity::{
    enums::{AttemptOutcome, EventKind, StepStatus},
    ids::StepId,
    step,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::Claim;
use crate::{
    domain::lifecycle::Lifecycle,
    store::{Committed, Store, StoreError, task_change::TaskChange},
};

/// Why an attempt failed, and whether another makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: String,
    pub message: String,
    /// Wait this long before the next attempt; None: never again.
    pub retry_in: Option<Duration>,
    /// Whether a later attempt may go on from the calls this one journaled. If not, it begins the conversation anew.
    pub replayable: bool,
}

/// What became of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureOutcome {
    Retrying,
    Failed,
}

impl Store {
    /// Ends an attempt badly.
    pub async fn fail_step(
        &self,
        claim: &Claim,
        failure: &Failure,
    ) -> Result<(FailureOutcome, Committed), StoreError> {
        let mut change = self.change_held(claim).await?;
        let outcome = change.fail(claim, failure).await?;
        Ok((outcome, change.commit().await?))
    }
}

impl TaskChange {
    /// Retries the held step if it may be, else fails it. A task that is being cancelled retries nothing.
    pub(in crate::store) async fn fail(
        &mut self,
        claim: &Claim,
        failure: &Failure,
    ) -> Result<FailureOutcome, StoreError> {
        if self.task.cancel_requested_at.is_some() {
            self.cancel_held(claim).await?;
            return Ok(FailureOutcome::Failed);
        }
        self.release_reservations(claim).await?;
        let error = Some((failure.code.as_str(), failure.message.as_str()));
        if let Some(wait) = failure
            .retry_in
            .filter(|_| claim.step.attempts < claim.step.max_attempts)
        {
            self.end_attempt(claim, AttemptOutcome::Retrying, error).await?;
            let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            self.put_back(claim, wait_ms, error).await?;
            let payload = json!({
                "status": StepStatus::Ready, "attempt": claim.step.attempts, "of": claim.step.max_attempts,
                "retryInMs": wait_ms,
                "error": { "code": failure.code, "message": failure.message },
            });
            self.record(EventKind::StepRetrying, Some(claim.step.id), &payload);
            return Ok(FailureOutcome::Retrying);
        }
        self.end_attempt(claim, AttemptOutcome::Failed, error).await?;
        let reasons = self.reasons(claim, &failure.message).await?;
        let error = Some((failure.code.as_str(), reasons.as_str()));
        self.end_step(claim.step.id, StepStatus::Running, StepStatus::Failed, error)
            .await?;
        self.close_tool_calls(&[claim.step.id]).await?;
        if !failure.replayable {
            step::ActiveModel {
                id: Set(claim.step.id),
                journal_after: Set(claim.step.epoch),
                ..Default::default()
            }
            .update(&self.tx)
            .await?;
        }
        let payload = json!({
            "status": StepStatus::Failed, "attempt": claim.step.attempts,
            "error": { "code": failure.code, "message": reasons },
        });
        self.record(EventKind::StepFailed, Some(claim.step.id), &payload);
        self.skip_dependents(claim.step.id).await?;
        self.end_if_done().await?;
        Ok(FailureOutcome::Failed)
    }

    /// Makes the held step ready again, after a wait.
    pub(in crate::store) async fn put_back(
        &mut self,
        claim: &Claim,
        wait_ms: i64,
        error: Option<(&str, &str)>,
    ) -> Result<(), StoreError> {
        step::ActiveModel {
            id: Set(claim.step.id),
            status: Set(StepStatus::Running.to(StepStatus::Ready)?),
            worker_id: Set(None),
            lease_until: Set(None),
            run_at: Set(self.now.plus(wait_ms)),
            error_code: Set(error.map(|(code, _)| code.to_owned())),
            error_message: Set(error.map(|(_, message)| message.to_owned())),
            updated_at: Set(self.now),
            ..Default::default()
        }
        .update(&self.tx)
        .await?;
        Ok(())
    }

    /// Skips everything that depends on a failed step, however far down.
    async fn skip_dependents(&mut self, failed: StepId) -> Result<(), StoreError> {
        let edges = self.edges().await?;
        let mut lost = HashSet::from([failed]);
        while let Some(edge) = edges
            .iter()
            .find(|edge| lost.contains(&edge.depends_on_id) && !lost.contains(&edge.step_id))
        {
            lost.insert(edge.step_id);
        }
        lost.remove(&failed);
        let steps = step::Entity::find()
            .filter(step::Column::Id.is_in(lost))
            .filter(step::Column::Status.eq(StepStatus::Pending))
            .order_by_asc(step::Column::Position)
            .all(&self.tx)
            .await?;
        for step in steps {
            let reason = Some(("DEPENDENCY_FAILED", "a step it depends on failed"));
            self.end_step(step.id, step.status, StepStatus::Skipped, reason)
                .await?;
            let payload = json!({ "status": StepStatus::Skipped, "title": step.title });
            self.record(EventKind::StepSkipped, Some(step.id), &payload);
        }
        Ok(())
    }
}
