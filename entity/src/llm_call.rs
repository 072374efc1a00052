//! The journal of model calls: an answer is stored here before it is used.

use sea_orm::entity::prelude::*;

use crate::{
    enums::CallStatus,
    ids::{AttemptId, LlmCallId, StepId, TaskId},
    values::{JsonText, NanoUsd, TenantId, UnixMillis},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "llm_call")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LlmCallId,
    pub tenant_id: TenantId,
    pub task_id: TaskId,
    pub step_id: StepId,
    pub attempt_id: AttemptId,
    /// Place of the call in its step's conversation, from 0; the same over attempts.
    pub ordinal: i32,
    pub provider: String,
    pub model: String,
    pub status: CallStatus,
    /// SHA-256 of the request: a replay uses the answer only for the same question.
    pub request_hash: String,
    /// The `ChatAnswer`, once it came.
    #[sea_orm(column_type = "Text", nullable)]
    pub answer: Option<JsonText>,
    pub error_code: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub error_message: Option<String>,
    pub input_tokens: i64,
    pub cache_read_tokens: i64,
    pub cache_write_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    /// Worst case held against the budget while the call is under way; null where the price is not known.
    pub reserved_nanos: Option<NanoUsd>,
    /// What it cost; null while it is under way and where the price is not known.
    pub cost_nanos: Option<NanoUsd>,
    pub started_at: UnixMillis,
    pub ended_at: Option<UnixMillis>,
    pub duration_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
