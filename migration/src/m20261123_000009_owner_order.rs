//! Owners are compared byte by byte, whatever language the database sorts by: a worker goes around them in that order.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite does so anyway.
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        // The indexes over it are made anew with it.
        run(
            manager,
            &["ALTER TABLE step ALTER COLUMN owner TYPE text COLLATE \"C\""],
        )
        .await
    }
}
