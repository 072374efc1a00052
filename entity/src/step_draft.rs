//! What a running step has written so far, for watchers in other processes. Only a help: it may be old or missing.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{StepId, TaskId},
    values::{TenantId, UnixMillis},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "step_draft")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub step_id: StepId,
    pub tenant_id: TenantId,
    pub task_id: TaskId,
    /// The attempt that wrote it.
    pub epoch: i64,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    pub updated_at: UnixMillis,
}

impl ActiveModelBehavior for ActiveModel {}
