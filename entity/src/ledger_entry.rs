//! Lines of cost, only ever added.

use sea_orm::entity::prelude::*;

use crate::{
    enums::LedgerKind,
    ids::{LedgerEntryId, StepId, TaskId},
    values::{NanoUsd, TenantId, UnixMillis, UserId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LedgerEntryId,
    pub tenant_id: TenantId,
    pub user_id: UserId,
    pub task_id: Option<TaskId>,
    pub step_id: Option<StepId>,
    pub kind: LedgerKind,
    /// The LLM call or tool call that was paid for.
    pub call_id: Option<Uuid>,
    pub agent: Option<String>,
    pub provider: String,
    /// The model, or the tool.
    pub model: String,
    pub input_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    /// Whether the token counts are this program's estimate because the provider gave none.
    pub estimated: bool,
    /// Null where the price is not known; never zero for that reason.
    pub amount_nanos: Option<NanoUsd>,
    /// The price book the amount was computed with.
    pub price_version: String,
    /// UTC date, `YYYY-MM-DD`.
    pub day: String,
    pub created_at: UnixMillis,
}

impl ActiveModelBehavior for ActiveModel {}
