//! The collections of long-term memory. The row is the lock under which changes of a collection are numbered.

use sea_orm::entity::prelude::*;

use crate::values::{TenantId, UserId};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "memory_namespace")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub namespace: String,
    /// Number of the last change.
    pub position: i64,
}

impl ActiveModelBehavior for ActiveModel {}
