//! Tasks and the versions of their plans.

use sea_orm_migration::{prelude::*, schema::*};

use crate::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("task")
                    .col(uuid("id").primary_key())
                    .col(text("tenant_id"))
                    .col(text("user_id"))
                    .col(text("description"))
                    .col(text("metadata"))
                    .col(text("status"))
                    .col(integer("priority"))
                    .col(text_null("idempotency_key"))
                    .col(text_null("request_hash"))
                    .col(big_integer_null("budget_nanos"))
                    .col(uuid_null("plan_id"))
                    .col(text_null("result"))
                    .col(text_null("error_code"))
                    .col(text_null("error_message"))
                    .col(big_integer("cost_nanos"))
                    .col(big_integer("reserved_nanos"))
                    .col(integer("unpriced_entries"))
                    .col(big_integer("event_seq"))
                    .col(integer("open_steps"))
                    .col(big_integer_null("cancel_requested_at"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("started_at"))
                    .col(big_integer_null("ended_at"))
                    .col(big_integer("updated_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("plan")
                    .col(uuid("id").primary_key())
                    .col(text("tenant_id"))
                    .col(uuid("task_id"))
                    .col(integer("version"))
                    .col(text("author"))
                    .col(text("summary"))
                    .col(text("document"))
                    .col(big_integer("created_at"))
                    .foreign_key(ForeignKey::create().from("plan", "task_id").to("task", "id"))
                    .to_owned(),
            )
            .await?;
        run(
            manager,
            &[
                "CREATE UNIQUE INDEX task_idempotency_key ON task (tenant_id, user_id, idempotency_key) \
                 WHERE idempotency_key IS NOT NULL",
                "CREATE INDEX task_by_tenant ON task (tenant_id, id)",
                "CREATE INDEX task_by_user ON task (tenant_id, user_id, id)",
                "CREATE INDEX task_changed ON task (tenant_id, updated_at)",
                "CREATE UNIQUE INDEX plan_version ON plan (task_id, version)",
            ],
        )
        .await
    }
}
