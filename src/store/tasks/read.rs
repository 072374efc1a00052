//! Reading tasks.

use entity::{enums::TaskStatus, ids::TaskId, task, values::UnixMillis};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::{
    domain::scope::Scope,
    store::{
        Store, StoreError,
        page::{self, Page, Slice},
    },
};

/// Which tasks of a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Any of these; empty: all.
    pub statuses: Vec<TaskStatus>,
}

/// The tasks a scope covers: every read starts here.
pub(in crate::store) fn scoped(scope: &Scope) -> Select<task::Entity> {
    let select = task::Entity::find().filter(task::Column::TenantId.eq(scope.tenant.clone()));
    match &scope.user {
        Some(user) => select.filter(task::Column::UserId.eq(user.clone())),
        None => select,
    }
}

impl Store {
    /// One task.
    pub async fn task(&self, scope: &Scope, id: TaskId) -> Result<Option<task::Model>, StoreError> {
        Ok(scoped(scope)
            .filter(task::Column::Id.eq(id))
            .one(&self.read)
            .await?)
    }

    /// Several tasks by id, in no order; those outside the scope are left out.
    pub async fn tasks_by_id(&self, scope: &Scope, ids: &[TaskId]) -> Result<Vec<task::Model>, StoreError> {
        Ok(scoped(scope)
            .filter(task::Column::Id.is_in(ids.iter().copied()))
            .all(&self.read)
            .await?)
    }

    /// A page of tasks.
    pub async fn list_tasks(
        &self,
        scope: &Scope,
        filter: &TaskFilter,
        page: Page,
    ) -> Result<Slice<task::Model>, StoreError> {
        let mut select = scoped(scope);
        if !filter.statuses.is_empty() {
            select = select.filter(task::Column::Status.is_in(filter.statuses.iter().copied()));
        }
        page::fetch(select, task::Column::Id, page, &self.read).await
    }

    /// Tasks changed since a moment (milliseconds), oldest change first.
    pub async fn tasks_changed_since(
        &self,
        scope: &Scope,
        since: i64,
        limit: u64,
    ) -> Result<Vec<task::Model>, StoreError> {
        Ok(scoped(scope)
            .filter(task::Column::UpdatedAt.gt(UnixMillis(since)))
            // Says the same in the words of an index: the end of a task is its last change.
            .filter(
                task::Column::EndedAt
                    .is_null()
                    .or(task::Column::EndedAt.gt(UnixMillis(since))),
            )
            .order_by_asc(task::Column::UpdatedAt)
            .limit(limit)
            .all(&self.read)
            .await?)
    }
}
