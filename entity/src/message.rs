//! Short-term memory: what was said within one task, in the order of the ids.

use sea_orm::entity::prelude::*;

use crate::{
    enums::MessageRole,
    ids::{MessageId, StepId, TaskId},
    values::{TenantId, UnixMillis},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageId,
    pub tenant_id: TenantId,
    pub task_id: TaskId,
    /// None for what the user said when submitting the task.
    pub step_id: Option<StepId>,
    pub role: MessageRole,
    /// The agent or tool that spoke.
    pub author: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    pub created_at: UnixMillis,
}

impl ActiveModelBehavior for ActiveModel {}
