//! What a completed step produced, apart from the hot row.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{StepId, TaskId},
    values::{TenantId, UnixMillis},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "step_output")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub step_id: StepId,
    pub tenant_id: TenantId,
    pub task_id: TaskId,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    pub created_at: UnixMillis,
}

impl ActiveModelBehavior for ActiveModel {}
