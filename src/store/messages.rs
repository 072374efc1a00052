//! Short-term memory: what was said within a task.

use entity::{ids::TaskId, message};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Store, StoreError};
use crate::domain::scope::Scope;

impl Store {
    /// The messages of several tasks of a tenant, oldest first.
    pub async fn messages_of_tasks(
        &self,
        scope: &Scope,
        ids: &[TaskId],
    ) -> Result<Vec<message::Model>, StoreError> {
        Ok(message::Entity::find()
            .filter(message::Column::TenantId.eq(scope.tenant.clone()))
            .filter(message::Column::TaskId.is_in(ids.iter().copied()))
            .order_by_asc(message::Column::Id)
            .all(&self.read)
            .await?)
    }
}
