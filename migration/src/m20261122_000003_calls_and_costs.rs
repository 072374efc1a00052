//! The journal of model and tool calls, and the ledger.

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
        for table in [llm_call(), tool_call(), ledger_entry()] {
            manager.create_table(table).await?;
        }
        run(
            manager,
            &[
                "CREATE INDEX llm_call_by_step ON llm_call (step_id, ordinal)",
                // At most one answer per place in the conversation of an attempt, whatever happens.
                "CREATE UNIQUE INDEX llm_call_answered ON llm_call (attempt_id, ordinal) WHERE status = 'SUCCEEDED'",
                "CREATE INDEX tool_call_by_step ON tool_call (step_id, ordinal)",
                "CREATE UNIQUE INDEX tool_call_succeeded ON tool_call (idempotency_key) WHERE status = 'SUCCEEDED'",
                "CREATE INDEX ledger_entry_by_task ON ledger_entry (task_id)",
                "CREATE INDEX ledger_entry_by_day ON ledger_entry (tenant_id, day)",
                "CREATE INDEX ledger_entry_by_user ON ledger_entry (tenant_id, user_id, day)",
            ],
        )
        .await
    }
}

fn llm_call() -> TableCreateStatement {
    Table::create()
        .table("llm_call")
        .col(uuid("id").primary_key())
        .col(text("tenant_id"))
        .col(uuid("task_id"))
        .col(uuid("step_id"))
        .col(uuid("attempt_id"))
        .col(integer("ordinal"))
        .col(text("provider"))
        .col(text("model"))
        .col(text("status"))
        .col(text("request_hash"))
        .col(text_null("answer"))
        .col(text_null("error_code"))
        .col(text_null("error_message"))
        .col(big_integer("input_tokens"))
        .col(big_integer("cache_read_tokens"))
        .col(big_integer("cache_write_tokens"))
        .col(big_integer("output_tokens"))
        .col(big_integer("reasoning_tokens"))
        .col(big_integer_null("reserved_nanos"))
        .col(big_integer_null("cost_nanos"))
        .col(big_integer("started_at"))
        .col(big_integer_null("ended_at"))
        .col(big_integer_null("duration_ms"))
        .to_owned()
}

fn tool_call() -> TableCreateStatement {
    Table::create()
        .table("tool_call")
        .col(uuid("id").primary_key())
        .col(text("tenant_id"))
        .col(uuid("task_id"))
        .col(uuid("step_id"))
        .col(uuid("attempt_id"))
        .col(integer("ordinal"))
        .col(text("tool"))
        .col(text_null("effect"))
        .col(text("arguments"))
        .col(text("arguments_hash"))
        .col(text("idempotency_key"))
        .col(text("status"))
        .col(text_null("result"))
        .col(boolean("truncated"))
        .col(text_null("error_code"))
        .col(text_null("error_message"))
        .col(big_integer_null("cost_nanos"))
        .col(big_integer("started_at"))
        .col(big_integer_null("ended_at"))
        .col(big_integer_null("duration_ms"))
        .to_owned()
}

fn ledger_entry() -> TableCreateStatement {
    Table::create()
        .table("ledger_entry")
        .col(uuid("id").primary_key())
        .col(text("tenant_id"))
        .col(text("user_id"))
        .col(uuid_null("task_id"))
        .col(uuid_null("step_id"))
        .col(text("kind"))
        .col(uuid_null("call_id"))
        .col(text_null("agent"))
        .col(text("provider"))
        .col(text("model"))
        .col(big_integer("input_tokens"))
        .col(big_integer("cache_read_tokens"))
        .col(big_integer("cache_write_tokens"))
        .col(big_integer("output_tokens"))
        .col(big_integer("reasoning_tokens"))
        .col(boolean("estimated"))
        .col(big_integer_null("amount_nanos"))
        .col(text("price_version"))
        .col(text("day"))
        .col(big_integer("created_at"))
        .to_owned()
}
