//! Taking steps back whose worker fell silent. Attempts were counted at the claim, so a step that kills its workers ends.

use entity::{
    attempt,
    enums::{AttemptOutcome, EventKind, StepStatus},
    step,
};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde_json::json;

use super::{Claim, Failure};
use crate::{
    domain::causes::in_one_line,
    store::{Committed, Store, StoreError, clock},
};

impl Store {
    /// Returns steps with expired leases to the ready ones, or fails those that have used up their attempts.
    /// At most `limit` at a time. What goes wrong with one step is logged here.
    pub async fn rescue_steps(&self, limit: u64) -> Result<Vec<Committed>, StoreError> {
        let now = clock::now_sql(self.write.get_database_backend());
        let expired = step::Entity::find()
            // Said literally: a plan made for any status cannot use the index of running ones.
            .filter(Expr::cust("status = 'RUNNING'"))
            .filter(Expr::col(step::Column::LeaseUntil).lt(Expr::cust(now)))
            .order_by_asc(step::Column::LeaseUntil)
            .limit(limit)
            .all(&self.batches)
            .await?;
        let mut rescued = Vec::new();
        for step in expired {
            // A row that cannot be taken back must not keep the others.
            match self.rescue_step(&step).await {
                Ok(change) => rescued.extend(change),
                Err(error) => tracing::warn!(
                    step.id = %step.id,
                    error = in_one_line(&error),
                    "a step whose lease ran out cannot be taken back"
                ),
            }
        }
        Ok(rescued)
    }

    async fn rescue_step(&self, seen: &step::Model) -> Result<Option<Committed>, StoreError> {
        let Some(mut change) = self.change_task(seen.task_id).await? else {
            return Ok(None);
        };
        let step = change.step(seen.id).await?;
        // The worker may have come back, or another rescuer may have been here, before the row was locked.
        let expired = step.lease_until.is_some_and(|until| until < change.now);
        if step.status != StepStatus::Running || step.epoch != seen.epoch || !expired {
            change.abandon().await?;
            return Ok(None);
        }
        let attempt = attempt::Entity::find()
            .filter(attempt::Column::StepId.eq(step.id))
            .filter(attempt::Column::Epoch.eq(step.epoch))
            .one(&change.tx)
            .await?
            .ok_or(StoreError::Missing("the attempt of a running step"))?;
        let claim = Claim {
            attempt_id: attempt.id,
            task: change.task.clone(),
            step,
        };
        let message = format!("worker {} stopped answering", attempt.worker_id);
        if claim.step.attempts >= claim.step.max_attempts || change.task.cancel_requested_at.is_some() {
            change
                .fail(
                    &claim,
                    &Failure {
                        code: "WORKER_LOST".to_owned(),
                        message,
                        retry_in: None,
                        replayable: true,
                    },
                )
                .await?;
        } else {
            change.release_reservations(&claim).await?;
            change
                .end_attempt(&claim, AttemptOutcome::Expired, Some(("WORKER_LOST", &message)))
                .await?;
            change
                .put_back(&claim, 0, Some(("WORKER_LOST", &message)))
                .await?;
            let payload = json!({
                "status": StepStatus::Ready, "attempt": claim.step.attempts, "of": claim.step.max_attempts,
                "error": { "code": "WORKER_LOST", "message": message },
            });
            change.record(EventKind::StepRetrying, Some(claim.step.id), &payload);
        }
        tracing::warn!(step.id = %claim.step.id, worker = %attempt.worker_id, "took back a step whose lease ran out");
        change.commit().await.map(Some)
    }
}
