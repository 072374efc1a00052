//! Claims in turns of owners, and rows that are changed in place: what changes often is in no index.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = |table: &'static str, column: ColumnDef| {
            let mut alter = Table::alter();
            alter.table(table).add_column(column).to_owned()
        };
        manager
            .alter_table(add("step", text("owner").default("").to_owned()))
            .await?;
        manager
            .alter_table(add("task", integer("active_steps").default(0).to_owned()))
            .await?;
        run(
            manager,
            &[
                // The unit separator stands in no name.
                "UPDATE step SET owner = tenant_id || '\u{1f}' || \
                 (SELECT user_id FROM task WHERE task.id = step.task_id)",
                "UPDATE task SET active_steps = (SELECT count(*) FROM step WHERE step.task_id = task.id \
                 AND step.status IN ('READY', 'RUNNING'))",
                "DROP INDEX step_claimable",
                "CREATE INDEX step_claimable ON step (owner, priority DESC, run_at, id) WHERE status = 'READY'",
                "CREATE INDEX step_due ON step (run_at) WHERE status = 'READY'",
                // Every event of a task changes `updated_at`: indexed, each change would write every index anew.
                "DROP INDEX task_changed",
                // The key of the table begins with the step, which is known wherever the task is.
                "DROP INDEX step_dependency_by_task",
                "CREATE INDEX task_open ON task (tenant_id) WHERE ended_at IS NULL",
                "CREATE INDEX task_ended ON task (tenant_id, ended_at) WHERE ended_at IS NOT NULL",
                // A step's output is a message of its task already: kept once.
                "DELETE FROM message WHERE role = 'ASSISTANT' AND step_id IN (SELECT step_id FROM step_output)",
            ],
        )
        .await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            run(
                manager,
                &[
                    "ALTER TABLE task SET (fillfactor = 70)",
                    "ALTER TABLE step SET (fillfactor = 70)",
                    "ALTER TABLE attempt SET (fillfactor = 90)",
                    // Rows come and go with their task in one transaction; checked, each would lock its task's row again.
                    "ALTER TABLE step DROP CONSTRAINT IF EXISTS step_task_id_fkey",
                    "ALTER TABLE plan DROP CONSTRAINT IF EXISTS plan_task_id_fkey",
                ],
            )
            .await?;
        }
        Ok(())
    }
}
