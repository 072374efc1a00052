//! How far a named consumer has read a task's events.

use sea_orm::entity::prelude::*;

use crate::{
    ids::TaskId,
    values::{TenantId, UnixMillis},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_consumer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: TaskId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub tenant_id: TenantId,
    /// The last event that was acknowledged.
    pub acknowledged_seq: i64,
    pub updated_at: UnixMillis,
}

impl ActiveModelBehavior for ActiveModel {}
