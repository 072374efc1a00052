//! Taking steps back whose worker fell silent. Attempts were counted at the claim, so a step that kills its workers ends.

use entity::{
    attempt,
    enums::{AttemptOutcome, EventKind, StepStatus},
    ids::StepId,
    step,
    values::UnixMillis,
};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde_json::json;

use super::{Claim, Failure};
use crate::{
    domain::causes::in_one_line,
    store::{Committed, Store, StoreError, clock},
};

/// Where a page of expired leases ended.
type Place = (Option<UnixMillis>, StepId);

impl Store {
    /// Returns steps with expired leases to the ready ones, or fails those that have used up their attempts: one after
    /// the other, oldest lease first, until `limit` are taken back or none is left. Those that cannot be taken back do
    /// not count, and what goes wrong with them is logged here.
    pub async fn rescue_steps(&self, limit: u64) -> Result<Vec<Committed>, StoreError> {
        let mut page = self.expired(None, limit).await?;
        let mut rescued = Vec::new();
        loop {
            let last: Option<Place> = page.last().map(|step| (step.lease_until, step.id));
            let is_full = page.len() as u64 >= limit;
            for step in page {
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
            if !is_full || rescued.len() as u64 >= limit {
                return Ok(rescued);
            }
            page = match self.expired(last, limit).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(
                        error = in_one_line(&error),
                        "more expired leases cannot be looked for"
                    );
                    return Ok(rescued);
                }
            };
        }
    }

    /// Running steps whose lease has run out, the oldest lease first, from after a place on.
    async fn expired(&self, after: Option<Place>, limit: u64) -> Result<Vec<step::Model>, StoreError> {
        let now = clock::now_sql(self.write.get_database_backend());
        let mut expired = step::Entity::find()
            // Said literally: a plan made for any status cannot use the index of running ones.
            .filter(Expr::cust("status = 'RUNNING'"))
            .filter(Expr::col(step::Column::LeaseUntil).lt(Expr::cust(now)));
        if let Some((lease_until, id)) = after {
            let later = step::Column::LeaseUntil.gt(lease_until);
            let same = step::Column::LeaseUntil
                .eq(lease_until)
                .and(step::Column::Id.gt(id));
            expired = expired.filter(later.or(same));
        }
        Ok(expired
            .order_by_asc(step::Column::LeaseUntil)
            .order_by_asc(step::Column::Id)
            .limit(limit)
            .all(&self.batches)
            .await?)
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
