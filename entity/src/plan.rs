//! One version of a task's graph of steps, never changed once stored.

use sea_orm::entity::prelude::*;

use crate::{
    enums::PlanAuthor,
    ids::{PlanId, TaskId},
    values::{JsonText, TenantId, UnixMillis},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanId,
    pub tenant_id: TenantId,
    pub task_id: TaskId,
    /// 1 for the first plan of a task.
    pub version: i32,
    pub author: PlanAuthor,
    #[sea_orm(column_type = "Text")]
    pub summary: String,
    /// The plan as it was proposed: a `PlanDraft`.
    #[sea_orm(column_type = "Text")]
    pub document: JsonText,
    pub created_at: UnixMillis,
}

impl ActiveModelBehavior for ActiveModel {}
