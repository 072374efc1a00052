//! Claiming: a batch of ready steps in one statement, each with a new epoch and a lease by the database's clock.

use std::{collections::BTreeMap, time::Duration};

use entity::{
    attempt,
    enums::{AttemptOutcome, EventKind, StepStatus, TaskStatus},
    ids::{AttemptId, TaskId},
    step, task,
    values::UnixMillis,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, Statement,
};
use serde_json::json;

use crate::store::{Committed, Store, StoreError, clock, task_change::TaskEdit};

/// A step held by this worker, as it was when claimed.
#[derive(Clone, Debug)]
pub struct Claim {
    pub step: step::Model,
    pub task: task::Model,
    pub attempt_id: AttemptId,
}

/// What a claim brought.
#[derive(Clone, Debug, Default)]
pub struct Claimed {
    pub claims: Vec<Claim>,
    /// The tasks that got events, with the number of the last.
    pub changed: Vec<Committed>,
}

impl Store {
    /// Claims up to `limit` ready steps for `worker`, highest priority and longest waiting first.
    pub async fn claim_steps(
        &self,
        worker: &str,
        limit: u64,
        lease: Duration,
    ) -> Result<Claimed, StoreError> {
        let tx = self.begin().await?;
        let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let steps = step::Entity::find()
            .from_raw_sql(claim_statement(
                tx.get_database_backend(),
                worker,
                limit,
                lease_ms,
            ))
            .all(&tx)
            .await?;
        if steps.is_empty() {
            tx.rollback().await?;
            return Ok(Claimed::default());
        }
        let now = clock::now(&tx).await?;
        let mut by_task: BTreeMap<TaskId, Vec<step::Model>> = BTreeMap::new();
        for step in steps {
            by_task.entry(step.task_id).or_default().push(step);
        }
        let tasks = task::Entity::find()
            .filter(task::Column::Id.is_in(by_task.keys().copied()))
            .all(&tx)
            .await?;
        let (mut claimed, mut attempts) = (Claimed::default(), Vec::new());
        for task in tasks {
            let steps = by_task.remove(&task.id).unwrap_or_default();
            let mut edit = TaskEdit::new(task, now);
            if edit.task.status == TaskStatus::Pending {
                edit.move_task(TaskStatus::Running)?;
                edit.record(
                    EventKind::TaskStarted,
                    None,
                    &json!({ "status": TaskStatus::Running }),
                );
            }
            // Also of a task that was cancelled before its first claim, and retried.
            edit.task.started_at.get_or_insert(now);
            for step in &steps {
                let payload = json!({
                    "status": StepStatus::Running, "agent": step.agent, "title": step.title, "attempt": step.attempts,
                });
                edit.record(EventKind::StepStarted, Some(step.id), &payload);
            }
            let task = edit.task.clone();
            claimed.changed.push(edit.write(&tx).await?);
            for step in steps {
                let attempt_id = AttemptId::generate();
                attempts.push(new_attempt(attempt_id, &step, worker, now));
                claimed.claims.push(Claim {
                    step,
                    task: task.clone(),
                    attempt_id,
                });
            }
        }
        attempt::Entity::insert_many(attempts)
            .exec_without_returning(&tx)
            .await?;
        tx.commit().await?;
        Ok(claimed)
    }
}

fn new_attempt(id: AttemptId, step: &step::Model, worker: &str, now: UnixMillis) -> attempt::ActiveModel {
    attempt::ActiveModel {
        id: Set(id),
        tenant_id: Set(step.tenant_id.clone()),
        task_id: Set(step.task_id),
        step_id: Set(step.id),
        epoch: Set(step.epoch),
        worker_id: Set(worker.to_owned()),
        outcome: Set(AttemptOutcome::Running),
        error_code: Set(None),
        error_message: Set(None),
        started_at: Set(now),
        ended_at: Set(None),
    }
}

/// Postgres takes the task's row with the step's, in that order of meaning: whoever changes a task holds its row first.
/// Rows that others hold are skipped, and found by the next look: when the doorbell rings, or after the poll interval.
fn claim_statement(backend: DbBackend, worker: &str, limit: u64, lease_ms: i64) -> Statement {
    let now = clock::now_sql(backend);
    let set = format!(
        "status = 'RUNNING', epoch = epoch + 1, attempts = attempts + 1, worker_id = $1, lease_until = {now} + $2, \
         started_at = COALESCE(started_at, {now}), updated_at = {now}"
    );
    let sql = if backend == DbBackend::Postgres {
        format!(
            "WITH picked AS (SELECT s.id FROM step s JOIN task t ON t.id = s.task_id \
             WHERE s.status = 'READY' AND s.run_at <= {now} \
             ORDER BY s.priority DESC, s.run_at, s.id LIMIT $3 FOR UPDATE OF t, s SKIP LOCKED) \
             UPDATE step SET {set} WHERE id IN (SELECT id FROM picked) AND status = 'READY' RETURNING *"
        )
    } else {
        format!(
            "UPDATE step SET {set} WHERE id IN (SELECT id FROM step WHERE status = 'READY' AND run_at <= {now} \
             ORDER BY priority DESC, run_at, id LIMIT $3) RETURNING *"
        )
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Statement::from_sql_and_values(backend, sql, [worker.into(), lease_ms.into(), limit.into()])
}
