//! Facts about tasks, numbered 1, 2, 3, … within the task in the transaction that made them true.

use sea_orm::entity::prelude::*;

use crate::{
    enums::EventKind,
    ids::{StepId, TaskId},
    values::{JsonText, TenantId, UnixMillis},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: TaskId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub tenant_id: TenantId,
    pub kind: EventKind,
    pub step_id: Option<StepId>,
    /// A JSON object.
    #[sea_orm(column_type = "Text")]
    pub payload: JsonText,
    pub created_at: UnixMillis,
}

impl ActiveModelBehavior for ActiveModel {}
