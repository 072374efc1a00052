//! Long-term memory, its collections, and which steps used what.

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
        manager
            .create_table(
                Table::create()
                    .table("memory")
                    .col(uuid("id").primary_key())
                    .col(text("tenant_id"))
                    .col(text("user_id"))
                    .col(text("namespace"))
                    .col(big_integer("position"))
                    .col(text("content"))
                    .col(text("content_hash"))
                    .col(text("metadata"))
                    .col(text("embedder"))
                    .col(binary("embedding"))
                    .col(text("source"))
                    .col(uuid_null("source_task_id"))
                    .col(uuid_null("source_step_id"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("forgotten_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("memory_namespace")
                    .col(text("tenant_id"))
                    .col(text("user_id"))
                    .col(text("namespace"))
                    .col(big_integer("position"))
                    .primary_key(&mut primary_key(&["tenant_id", "user_id", "namespace"]))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("memory_use")
                    .col(uuid("step_id"))
                    .col(uuid("memory_id"))
                    .col(text("tenant_id"))
                    .col(uuid("task_id"))
                    .col(integer("rank"))
                    .col(boolean("recalled"))
                    .col(double("score"))
                    .col(big_integer("created_at"))
                    .primary_key(&mut primary_key(&["step_id", "memory_id"]))
                    .to_owned(),
            )
            .await?;
        run(
            manager,
            &[
                "CREATE UNIQUE INDEX memory_position ON memory (tenant_id, user_id, namespace, position)",
                "CREATE UNIQUE INDEX memory_content ON memory (tenant_id, user_id, namespace, content_hash) \
                 WHERE forgotten_at IS NULL",
                "CREATE INDEX memory_by_step ON memory (source_step_id) WHERE source_step_id IS NOT NULL",
                "CREATE INDEX memory_use_by_memory ON memory_use (memory_id)",
            ],
        )
        .await
    }
}
