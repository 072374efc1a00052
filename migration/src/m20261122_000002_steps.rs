//! Steps, their dependencies, outputs and attempts, and the messages and notes of their task.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{primary_key, run};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            step(),
            step_dependency(),
            step_output(),
            attempt(),
            message(),
            note(),
        ] {
            manager.create_table(table).await?;
        }
        run(
            manager,
            &[
                "CREATE INDEX step_by_task ON step (task_id, position)",
                // What workers look for, and nothing else: stays small however many steps have ended.
                "CREATE INDEX step_claimable ON step (priority DESC, run_at) WHERE status = 'READY'",
                "CREATE INDEX step_leased ON step (lease_until) WHERE status = 'RUNNING'",
                "CREATE INDEX step_dependency_reverse ON step_dependency (depends_on_id)",
                "CREATE INDEX step_dependency_by_task ON step_dependency (task_id)",
                "CREATE UNIQUE INDEX attempt_epoch ON attempt (step_id, epoch)",
                "CREATE INDEX message_by_task ON message (task_id, id)",
            ],
        )
        .await
    }
}

fn step() -> TableCreateStatement {
    Table::create()
        .table("step")
        .col(uuid("id").primary_key())
        .col(text("tenant_id"))
        .col(uuid("task_id"))
        .col(uuid_null("plan_id"))
        .col(text("kind"))
        .col(integer("position"))
        .col(text("key"))
        .col(text("title"))
        .col(text("instructions"))
        .col(text("agent"))
        .col(text("status"))
        .col(text_null("waiting_on"))
        .col(integer("priority"))
        .col(integer("attempts"))
        .col(integer("max_attempts"))
        .col(big_integer("epoch"))
        .col(big_integer("journal_after"))
        .col(text_null("worker_id"))
        .col(big_integer_null("lease_until"))
        .col(big_integer("run_at"))
        .col(integer("open_dependencies"))
        .col(big_integer("cost_nanos"))
        .col(integer("unpriced_entries"))
        .col(text_null("error_code"))
        .col(text_null("error_message"))
        .col(big_integer("created_at"))
        .col(big_integer_null("started_at"))
        .col(big_integer_null("ended_at"))
        .col(big_integer("updated_at"))
        .foreign_key(ForeignKey::create().from("step", "task_id").to("task", "id"))
        .to_owned()
}

fn step_dependency() -> TableCreateStatement {
    Table::create()
        .table("step_dependency")
        .col(uuid("step_id"))
        .col(uuid("depends_on_id"))
        .col(text("tenant_id"))
        .col(uuid("task_id"))
        .primary_key(&mut primary_key(&["step_id", "depends_on_id"]))
        .to_owned()
}

fn step_output() -> TableCreateStatement {
    Table::create()
        .table("step_output")
        .col(uuid("step_id").primary_key())
        .col(text("tenant_id"))
        .col(uuid("task_id"))
        .col(text("content"))
        .col(big_integer("created_at"))
        .to_owned()
}

fn attempt() -> TableCreateStatement {
    Table::create()
        .table("attempt")
        .col(uuid("id").primary_key())
        .col(text("tenant_id"))
        .col(uuid("task_id"))
        .col(uuid("step_id"))
        .col(big_integer("epoch"))
        .col(text("worker_id"))
        .col(text("outcome"))
        .col(text_null("error_code"))
        .col(text_null("error_message"))
        .col(big_integer("started_at"))
        .col(big_integer_null("ended_at"))
        .to_owned()
}

fn message() -> TableCreateStatement {
    Table::create()
        .table("message")
        .col(uuid("id").primary_key())
        .col(text("tenant_id"))
        .col(uuid("task_id"))
        .col(uuid_null("step_id"))
        .col(text("role"))
        .col(text_null("author"))
        .col(text("content"))
        .col(big_integer("created_at"))
        .to_owned()
}

fn note() -> TableCreateStatement {
    Table::create()
        .table("note")
        .col(uuid("task_id"))
        .col(text("name"))
        .col(text("tenant_id"))
        .col(text("content"))
        .col(uuid("step_id"))
        .col(big_integer("updated_at"))
        .primary_key(&mut primary_key(&["task_id", "name"]))
        .to_owned()
}
