//! Drafts: what a running step has written so far, so that other processes can show it.
//!
//! They are outside the promises: no event tells of them, they take no lock of the task, and on Postgres their commit
//! waits for no disk. What counts is the step's output, written when it completes. The worker that wrote a draft removes
//! it then; [`Store::sweep_drafts`] does it for workers that did not live to.

use entity::{ids::StepId, step, step_draft};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement, TransactionTrait};

use crate::store::{Store, StoreError, clock, connect::is_postgres};

/// How long the draft of a step that failed or was cancelled is kept for whoever wants to see how far it came, in
/// milliseconds.
const KEPT_MS: i64 = 24 * 60 * 60 * 1_000;

impl Store {
    /// Whether other processes may be on the same database. A SQLite file belongs to one.
    pub fn is_shared(&self) -> bool {
        is_postgres(self.write.get_database_backend())
    }

    /// Stores what the attempt `step.epoch` has written so far, in place of what was there. False, and nothing is
    /// stored, if the step has been claimed again since.
    pub async fn write_draft(&self, step: &step::Model, content: &str) -> Result<bool, StoreError> {
        let backend = self.write.get_database_backend();
        let sql = format!(
            "INSERT INTO step_draft (step_id, tenant_id, task_id, epoch, content, updated_at) \
             SELECT $1, $2, $3, $4, $5, {} WHERE EXISTS (SELECT 1 FROM step WHERE id = $1 AND epoch = $4) \
             ON CONFLICT (step_id) DO UPDATE SET epoch = excluded.epoch, content = excluded.content, \
             updated_at = excluded.updated_at WHERE step_draft.epoch <= excluded.epoch",
            clock::now_sql(backend)
        );
        let values = [
            step.id.into(),
            step.tenant_id.clone().into(),
            step.task_id.into(),
            step.epoch.into(),
            content.into(),
        ];
        let write = Statement::from_sql_and_values(backend, sql, values);
        if !is_postgres(backend) {
            return Ok(self.write.execute_raw(write).await?.rows_affected() > 0);
        }
        let tx = self.write.begin().await?;
        // Lost in a crash, it is lost with the attempt.
        tx.execute_unprepared("SET LOCAL synchronous_commit = off")
            .await?;
        let written = tx.execute_raw(write).await?.rows_affected() > 0;
        tx.commit().await?;
        Ok(written)
    }

    /// The latest draft of a step. The caller has checked the scope.
    pub async fn draft(&self, id: StepId) -> Result<Option<step_draft::Model>, StoreError> {
        Ok(step_draft::Entity::find_by_id(id).one(&self.read).await?)
    }

    /// Removes the draft of an attempt whose output is stored.
    pub async fn forget_draft(&self, step: &step::Model) -> Result<(), StoreError> {
        step_draft::Entity::delete_many()
            .filter(step_draft::Column::StepId.eq(step.id))
            .filter(step_draft::Column::Epoch.lte(step.epoch))
            .exec(&self.write)
            .await?;
        Ok(())
    }

    /// Removes drafts that nobody needs: of completed steps, whose output is stored, and of steps that have ended
    /// otherwise a day ago. Those of steps that go on or wait stay. At most `limit`; answers how many.
    pub async fn sweep_drafts(&self, limit: u64) -> Result<u64, StoreError> {
        let backend = self.write.get_database_backend();
        // Several workers sweep: none waits for another.
        let locked = if is_postgres(backend) {
            "FOR UPDATE OF d SKIP LOCKED"
        } else {
            ""
        };
        let sql = format!(
            "WITH unneeded AS (SELECT d.step_id FROM step_draft d JOIN step s ON s.id = d.step_id \
             WHERE s.status = 'COMPLETED' \
             OR (s.status IN ('FAILED', 'CANCELLED', 'SKIPPED') AND d.updated_at < {now} - $1) LIMIT $2 {locked}) \
             DELETE FROM step_draft WHERE step_id IN (SELECT step_id FROM unneeded)",
            now = clock::now_sql(backend)
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sweep = Statement::from_sql_and_values(backend, sql, [KEPT_MS.into(), limit.into()]);
        Ok(self.write.execute_raw(sweep).await?.rows_affected())
    }
}
