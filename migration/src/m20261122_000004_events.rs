//! Events of tasks and how far named consumers have read them.

use sea_orm_migration::{prelude::*, schema::*};

use crate::primary_key;

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
                    .table("event")
                    .col(uuid("task_id"))
                    .col(big_integer("seq"))
                    .col(text("tenant_id"))
                    .col(text("kind"))
                    .col(uuid_null("step_id"))
                    .col(text("payload"))
                    .col(big_integer("created_at"))
                    .primary_key(&mut primary_key(&["task_id", "seq"]))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("event_consumer")
                    .col(uuid("task_id"))
                    .col(text("name"))
                    .col(text("tenant_id"))
                    .col(big_integer("acknowledged_seq"))
                    .col(big_integer("updated_at"))
                    .primary_key(&mut primary_key(&["task_id", "name"]))
                    .to_owned(),
            )
            .await
    }
}
