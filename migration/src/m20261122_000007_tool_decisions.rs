//! What a person said of a tool call whose outcome nobody knew.

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
        // One column per statement: SQLite adds no two at once.
        for column in [
            text_null("decision"),
            text_null("decided_by"),
            big_integer_null("decided_at"),
            text_null("decision_note"),
        ] {
            let add = Table::alter().table("tool_call").add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        run(
            manager,
            &[
                // Calls that may be repeated were called unknown too; from now on an unknown one waits for a person.
                "UPDATE tool_call SET status = 'DISPATCHED' WHERE status = 'UNKNOWN' AND effect <> 'AT_MOST_ONCE'",
                "CREATE INDEX tool_call_undecided ON tool_call (step_id) WHERE status = 'UNKNOWN'",
            ],
        )
        .await
    }
}
