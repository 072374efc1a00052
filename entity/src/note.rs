//! Scratch notes that the agents of one task share.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{StepId, TaskId},
    values::{TenantId, UnixMillis},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "note")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: TaskId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub tenant_id: TenantId,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    /// The step that wrote it last.
    pub step_id: StepId,
    pub updated_at: UnixMillis,
}

impl ActiveModelBehavior for ActiveModel {}
