//! The text of steps that are being written: one row per step, overwritten as the text grows.

use sea_orm_migration::{prelude::*, schema::*};

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
                    .table("step_draft")
                    .col(uuid("step_id").primary_key())
                    .col(text("tenant_id"))
                    .col(uuid("task_id"))
                    .col(big_integer("epoch"))
                    .col(text("content"))
                    .col(big_integer("updated_at"))
                    .to_owned(),
            )
            .await
    }
}
