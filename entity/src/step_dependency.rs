//! The edges of a plan: `step_id` waits for `depends_on_id`.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{StepId, TaskId},
    values::TenantId,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "step_dependency")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub step_id: StepId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub depends_on_id: StepId,
    pub tenant_id: TenantId,
    pub task_id: TaskId,
}

impl ActiveModelBehavior for ActiveModel {}
