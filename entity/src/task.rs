//! What users submit. The row is also the lock under which a task's events are numbered and its money is counted.

use sea_orm::entity::prelude::*;

use crate::{
    enums::TaskStatus,
    ids::{PlanId, TaskId},
    values::{JsonText, NanoUsd, TenantId, UnixMillis, UserId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskId,
    pub tenant_id: TenantId,
    pub user_id: UserId,
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// A JSON object.
    #[sea_orm(column_type = "Text")]
    pub metadata: JsonText,
    /// JSON Schema of the result. None: it is text.
    #[sea_orm(column_type = "Text", nullable)]
    pub output_schema: Option<JsonText>,
    pub status: TaskStatus,
    /// Higher goes first, −100 to 100.
    pub priority: i32,
    pub idempotency_key: Option<String>,
    /// What the idempotency key was first used with.
    pub request_hash: Option<String>,
    /// The most the task may cost. None: no limit.
    pub budget_nanos: Option<NanoUsd>,
    /// The plan that is carried out.
    pub plan_id: Option<PlanId>,
    #[sea_orm(column_type = "Text", nullable)]
    pub result: Option<String>,
    pub error_code: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub error_message: Option<String>,
    /// Sum of the ledger entries of this task.
    pub cost_nanos: NanoUsd,
    /// Worst case of the calls that are under way.
    pub reserved_nanos: NanoUsd,
    /// Ledger entries whose price is not known.
    pub unpriced_entries: i32,
    /// Number of the last event.
    pub event_seq: i64,
    /// Steps that have not ended.
    pub open_steps: i32,
    /// Steps that are ready or running. A task with none, and open ones, waits for a person.
    pub active_steps: i32,
    pub cancel_requested_at: Option<UnixMillis>,
    pub created_at: UnixMillis,
    pub started_at: Option<UnixMillis>,
    pub ended_at: Option<UnixMillis>,
    pub updated_at: UnixMillis,
    #[sea_orm(has_many)]
    pub steps: HasMany<super::step::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
