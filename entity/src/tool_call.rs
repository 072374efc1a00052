//! The log and journal of tool calls, refused ones included.

use sea_orm::entity::prelude::*;

use crate::{
    enums::{CallStatus, ToolDecision, ToolEffect},
    ids::{AttemptId, StepId, TaskId, ToolCallId},
    values::{NanoUsd, TenantId, UnixMillis, UserId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tool_call")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ToolCallId,
    pub tenant_id: TenantId,
    pub task_id: TaskId,
    pub step_id: StepId,
    pub attempt_id: AttemptId,
    /// Place of the call among the step's tool calls, from 0; the same over attempts.
    pub ordinal: i32,
    pub tool: String,
    /// None where no such tool exists.
    pub effect: Option<ToolEffect>,
    /// As checked: canonical JSON. As the model wrote them, where they were refused.
    #[sea_orm(column_type = "Text")]
    pub arguments: String,
    pub arguments_hash: String,
    /// What the tool is given to recognise a repeated call.
    pub idempotency_key: String,
    pub status: CallStatus,
    #[sea_orm(column_type = "Text", nullable)]
    pub result: Option<String>,
    /// Whether the result was cut to the allowed size.
    pub truncated: bool,
    pub error_code: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub error_message: Option<String>,
    pub cost_nanos: Option<NanoUsd>,
    pub started_at: UnixMillis,
    pub ended_at: Option<UnixMillis>,
    pub duration_ms: Option<i64>,
    /// What a person said of it last, when nobody knew how it had ended.
    pub decision: Option<ToolDecision>,
    /// For whom they spoke; None for the tenant's operator.
    pub decided_by: Option<UserId>,
    pub decided_at: Option<UnixMillis>,
    #[sea_orm(column_type = "Text", nullable)]
    pub decision_note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
