//! Long-term memory. The rows are the truth; FAISS only finds them.

use sea_orm::entity::prelude::*;

use crate::{
    enums::MemorySource,
    ids::{MemoryId, StepId, TaskId},
    values::{JsonText, TenantId, UnixMillis, UserId},
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "memory")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MemoryId,
    pub tenant_id: TenantId,
    pub user_id: UserId,
    pub namespace: String,
    /// The last change of this row in its namespace's order; indexes follow it.
    pub position: i64,
    #[sea_orm(column_type = "Text")]
    pub content: String,
    /// SHA-256 of the content: the same text is stored once per namespace.
    pub content_hash: String,
    /// A JSON object.
    #[sea_orm(column_type = "Text")]
    pub metadata: JsonText,
    /// The embedder the vector came from.
    pub embedder: String,
    /// Little-endian 32-bit floats; empty once forgotten.
    pub embedding: Vec<u8>,
    pub source: MemorySource,
    pub source_task_id: Option<TaskId>,
    pub source_step_id: Option<StepId>,
    pub created_at: UnixMillis,
    /// Set when the content and the vector were erased.
    pub forgotten_at: Option<UnixMillis>,
}

impl ActiveModelBehavior for ActiveModel {}
