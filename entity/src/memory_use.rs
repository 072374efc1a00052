//! Which memories a step read: provenance in the other direction.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{MemoryId, StepId, TaskId},
    values::{TenantId, UnixMillis},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "memory_use")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub step_id: StepId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub memory_id: MemoryId,
    pub tenant_id: TenantId,
    pub task_id: TaskId,
    /// Place in the search result, from 1.
    pub rank: i32,
    /// Whether it stood in the prompt, which every attempt must repeat; else a tool found it later.
    pub recalled: bool,
    #[sea_orm(column_type = "Double")]
    pub score: f64,
    pub created_at: UnixMillis,
}

impl ActiveModelBehavior for ActiveModel {}
