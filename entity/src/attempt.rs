//! Claims of steps by workers, each kept with how it ended.

use sea_orm::entity::prelude::*;

use crate::{
    enums::AttemptOutcome,
    ids::{AttemptId, StepId, TaskId},
    values::{TenantId, UnixMillis},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttemptId,
    pub tenant_id: TenantId,
    pub task_id: TaskId,
    pub step_id: StepId,
    /// The fencing number of the claim: 1 for the first claim of the step.
    pub epoch: i64,
    pub worker_id: String,
    pub outcome: AttemptOutcome,
    pub error_code: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub error_message: Option<String>,
    pub started_at: UnixMillis,
    pub ended_at: Option<UnixMillis>,
}

impl ActiveModelBehavior for ActiveModel {}
