//! Pieces of work. Small and hot: long texts live in `step_output` and `message`.

use sea_orm::entity::prelude::*;

use crate::{
    enums::{StepKind, StepStatus, WaitReason},
    ids::{PlanId, StepId, TaskId},
    values::{NanoUsd, Owner, TenantId, UnixMillis},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "step")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StepId,
    pub tenant_id: TenantId,
    pub task_id: TaskId,
    /// Whose turn it is when the step is claimed.
    pub owner: Owner,
    /// The plan that brought the step; none for the planning step.
    pub plan_id: Option<PlanId>,
    pub kind: StepKind,
    /// Place in reading order; the planning step is 0.
    pub position: i32,
    /// Name of the step within its plan, for instance `s1`.
    pub key: String,
    #[sea_orm(column_type = "Text")]
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub instructions: String,
    pub agent: String,
    pub status: StepStatus,
    pub waiting_on: Option<WaitReason>,
    pub priority: i32,
    /// Claims since the step was last made ready by a person.
    pub attempts: i32,
    pub max_attempts: i32,
    /// Fencing number: every write of a worker is conditional on it.
    pub epoch: i64,
    /// Calls of attempts up to this one are not replayed: their conversation came to nothing.
    pub journal_after: i64,
    /// The worker that holds the lease.
    pub worker_id: Option<String>,
    pub lease_until: Option<UnixMillis>,
    /// Not claimed before this moment.
    pub run_at: UnixMillis,
    /// Steps it depends on that have not completed.
    pub open_dependencies: i32,
    /// Sum of the ledger entries of this step.
    pub cost_nanos: NanoUsd,
    pub unpriced_entries: i32,
    pub error_code: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub error_message: Option<String>,
    pub created_at: UnixMillis,
    pub started_at: Option<UnixMillis>,
    pub ended_at: Option<UnixMillis>,
    pub updated_at: UnixMillis,
    #[sea_orm(belongs_to, from = "task_id", to = "id")]
    pub task: BelongsTo<super::task::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
