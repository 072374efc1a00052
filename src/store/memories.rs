//! Long-term memory rows: stored, read, erased. Every change of a collection has a position that indexes follow.

use entity::{
    enums::{EventKind, MemorySource},
    ids::{MemoryId, StepId, TaskId},
    memory, memory_namespace, memory_use,
    values::{JsonText, TenantId, UserId},
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use serde_json::json;

use super::{
    Committed, Store, StoreError, clock,
    page::{self, Page, Slice},
    steps::Claim,
    task_change::TaskChange,
};
use crate::domain::scope::Scope;

/// A memory to be stored, already embedded.
#[derive(Clone, Debug)]
pub struct NewMemory {
    pub tenant: TenantId,
    pub user: UserId,
    pub namespace: String,
    pub content: String,
    pub content_hash: String,
    pub metadata: JsonText,
    pub embedder: String,
    pub embedding: Vec<u8>,
    pub source: MemorySource,
    pub source_task: Option<TaskId>,
    pub source_step: Option<StepId>,
}

/// Which memories of a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryFilter {
    pub namespace: Option<String>,
    pub source_task: Option<TaskId>,
}

/// A memory a step was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsedMemory {
    pub memory: MemoryId,
    pub rank: i32,
    /// Whether it stands in the step's prompt; else a tool found it.
    pub recalled: bool,
    pub score: f64,
}

fn scoped(scope: &Scope) -> Select<memory::Entity> {
    let select = memory::Entity::find()
        .filter(memory::Column::TenantId.eq(scope.tenant.clone()))
        .filter(memory::Column::ForgottenAt.is_null());
    match &scope.user {
        Some(user) => select.filter(memory::Column::UserId.eq(user.clone())),
        None => select,
    }
}

impl Store {
    /// Stores a memory. If the collection holds the same text already, that row is returned and nothing is written.
    pub async fn remember(&self, new: &NewMemory) -> Result<memory::Model, StoreError> {
        let tx = self.begin().await?;
        let stored = insert(&tx, new).await?;
        let row = match stored {
            Some(row) => row,
            None => same_text(&tx, new)
                .await?
                .ok_or(StoreError::Missing("a memory"))?,
        };
        tx.commit().await?;
        Ok(row)
    }

    /// Stores a memory for the step that is held. If the collection holds the same text already, that row is returned
    /// and no event is written.
    pub async fn remember_for_step(
        &self,
        claim: &Claim,
        new: &NewMemory,
    ) -> Result<(memory::Model, Committed), StoreError> {
        let mut change = self.change_held(claim).await?;
        let row = match change.store_memory(claim.step.id, new).await? {
            Some(row) => row,
            None => same_text(&change.tx, new)
                .await?
                .ok_or(StoreError::Missing("a memory"))?,
        };
        Ok((row, change.commit().await?))
    }

    /// Erases a memory's text and vector; the empty row stays until indexes have followed. Returns the row as it was;
    /// None if the scope has none.
    pub async fn forget_memory(
        &self,
        scope: &Scope,
        id: MemoryId,
    ) -> Result<Option<memory::Model>, StoreError> {
        let tx = self.begin().await?;
        let Some(row) = scoped(scope).filter(memory::Column::Id.eq(id)).one(&tx).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let position = next_position(&tx, &row.tenant_id, &row.user_id, &row.namespace).await?;
        let now = clock::now(&tx).await?;
        memory::ActiveModel {
            id: Set(id),
            position: Set(position),
            content: Set(String::new()),
            content_hash: Set(String::new()),
            metadata: Set(JsonText("{}".to_owned())),
            embedding: Set(Vec::new()),
            forgotten_at: Set(Some(now)),
            ..Default::default()
        }
        .update(&tx)
        .await?;
        memory_use::Entity::delete_many()
            .filter(memory_use::Column::MemoryId.eq(id))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(Some(row))
    }

    /// A page of memories.
    pub async fn list_memories(
        &self,
        scope: &Scope,
        filter: &MemoryFilter,
        page: Page,
    ) -> Result<Slice<memory::Model>, StoreError> {
        let mut select = scoped(scope);
        if let Some(namespace) = &filter.namespace {
            select = select.filter(memory::Column::Namespace.eq(namespace.clone()));
        }
        if let Some(task) = filter.source_task {
            select = select.filter(memory::Column::SourceTaskId.eq(task));
        }
        page::fetch(select, memory::Column::Id, page, &self.read).await
    }

    /// Several memories by id, in no order; those forgotten or outside the scope are left out.
    pub async fn memories_by_id(
        &self,
        scope: &Scope,
        ids: &[MemoryId],
    ) -> Result<Vec<memory::Model>, StoreError> {
        Ok(scoped(scope)
            .filter(memory::Column::Id.is_in(ids.iter().copied()))
            .all(&self.read)
            .await?)
    }

    /// The memories several steps wrote.
    pub async fn memories_written_by(
        &self,
        scope: &Scope,
        ids: &[StepId],
    ) -> Result<Vec<memory::Model>, StoreError> {
        Ok(scoped(scope)
            .filter(memory::Column::SourceStepId.is_in(ids.iter().copied()))
            .order_by_asc(memory::Column::Id)
            .all(&self.read)
            .await?)
    }

    /// Ids and metadata of a whole collection, for filters that run before ranking.
    pub async fn memory_metadata(
        &self,
        tenant: &TenantId,
        user: &UserId,
        namespace: &str,
    ) -> Result<Vec<(MemoryId, JsonText)>, StoreError> {
        Ok(scoped(&Scope::of_user(tenant.clone(), user.clone()))
            .filter(memory::Column::Namespace.eq(namespace))
            .select_only()
            .columns([memory::Column::Id, memory::Column::Metadata])
            .into_tuple()
            .all(&self.read)
            .await?)
    }

    /// Number of the last change of a collection; 0 if it was never written.
    pub async fn memory_position(
        &self,
        tenant: &TenantId,
        user: &UserId,
        namespace: &str,
    ) -> Result<i64, StoreError> {
        let key = (tenant.clone(), user.clone(), namespace.to_owned());
        Ok(memory_namespace::Entity::find_by_id(key)
            .one(&self.read)
            .await?
            .map_or(0, |row| row.position))
    }

    /// Rows of a collection changed after `position`, in order, at most `limit`; forgotten ones included.
    pub async fn memories_changed_after(
        &self,
        tenant: &TenantId,
        user: &UserId,
        namespace: &str,
        position: i64,
        limit: u64,
    ) -> Result<Vec<memory::Model>, StoreError> {
        Ok(memory::Entity::find()
            .filter(memory::Column::TenantId.eq(tenant.clone()))
            .filter(memory::Column::UserId.eq(user.clone()))
            .filter(memory::Column::Namespace.eq(namespace))
            .filter(memory::Column::Position.gt(position))
            .order_by_asc(memory::Column::Position)
            .limit(limit)
            .all(&self.read)
            .await?)
    }

    /// Remembers which memories the step that is held was given. Once per memory and step, however often it searches.
    pub async fn record_memory_use(&self, claim: &Claim, used: &[UsedMemory]) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        let change = self.change_held(claim).await?;
        let rows = used.iter().map(|used| memory_use::ActiveModel {
            step_id: Set(claim.step.id),
            memory_id: Set(used.memory),
            tenant_id: Set(claim.step.tenant_id.clone()),
            task_id: Set(claim.task.id),
            rank: Set(used.rank),
            recalled: Set(used.recalled),
            score: Set(used.score),
            created_at: Set(change.now),
        });
        let keep = OnConflict::columns([memory_use::Column::StepId, memory_use::Column::MemoryId])
            .do_nothing()
            .to_owned();
        memory_use::Entity::insert_many(rows)
            .on_conflict(keep)
            .exec_without_returning(&change.tx)
            .await?;
        change.commit().await?;
        Ok(())
    }

    /// What several steps were given.
    pub async fn memory_uses_by_step(
        &self,
        scope: &Scope,
        ids: &[StepId],
    ) -> Result<Vec<memory_use::Model>, StoreError> {
        Ok(memory_use::Entity::find()
            .filter(memory_use::Column::TenantId.eq(scope.tenant.clone()))
            .filter(memory_use::Column::StepId.is_in(ids.iter().copied()))
            .order_by_asc(memory_use::Column::Rank)
            .all(&self.read)
            .await?)
    }

    /// Which steps several memories were given to.
    pub async fn memory_uses_by_memory(
        &self,
        scope: &Scope,
        ids: &[MemoryId],
    ) -> Result<Vec<memory_use::Model>, StoreError> {
        Ok(memory_use::Entity::find()
            .filter(memory_use::Column::TenantId.eq(scope.tenant.clone()))
            .filter(memory_use::Column::MemoryId.is_in(ids.iter().copied()))
            .order_by_asc(memory_use::Column::StepId)
            .all(&self.read)
            .await?)
    }
}

impl TaskChange {
    /// Stores a memory of a step in this change. None if its collection holds the same text already.
    pub(super) async fn store_memory(
        &mut self,
        step: StepId,
        new: &NewMemory,
    ) -> Result<Option<memory::Model>, StoreError> {
        let stored = insert(&self.tx, new).await?;
        if let Some(row) = &stored {
            let payload = json!({ "memoryId": row.id, "namespace": row.namespace });
            self.record(EventKind::MemoryStored, Some(step), &payload);
        }
        Ok(stored)
    }
}

pub(super) async fn insert(
    tx: &impl ConnectionTrait,
    new: &NewMemory,
) -> Result<Option<memory::Model>, StoreError> {
    // Taking the position locks the collection, so two writers of the same text cannot both find it missing.
    let position = next_position(tx, &new.tenant, &new.user, &new.namespace).await?;
    if same_text(tx, new).await?.is_some() {
        return Ok(None);
    }
    let row = memory::Model {
        id: MemoryId::generate(),
        tenant_id: new.tenant.clone(),
        user_id: new.user.clone(),
        namespace: new.namespace.clone(),
        position,
        content: new.content.clone(),
        content_hash: new.content_hash.clone(),
        metadata: new.metadata.clone(),
        embedder: new.embedder.clone(),
        embedding: new.embedding.clone(),
        source: new.source,
        source_task_id: new.source_task,
        source_step_id: new.source_step,
        created_at: clock::now(tx).await?,
        forgotten_at: None,
    };
    row.clone().into_active_model().insert(tx).await?;
    Ok(Some(row))
}

async fn same_text(tx: &impl ConnectionTrait, new: &NewMemory) -> Result<Option<memory::Model>, StoreError> {
    Ok(scoped(&Scope::of_user(new.tenant.clone(), new.user.clone()))
        .filter(memory::Column::Namespace.eq(new.namespace.clone()))
        .filter(memory::Column::ContentHash.eq(new.content_hash.clone()))
        .one(tx)
        .await?)
}

/// Locks a collection and takes the number of its next change.
async fn next_position(
    tx: &impl ConnectionTrait,
    tenant: &TenantId,
    user: &UserId,
    namespace: &str,
) -> Result<i64, StoreError> {
    use memory_namespace::{ActiveModel, Column, Entity};
    let first = ActiveModel {
        tenant_id: Set(tenant.clone()),
        user_id: Set(user.clone()),
        namespace: Set(namespace.to_owned()),
        position: Set(1),
    };
    let row = Entity::insert(first)
        .on_conflict(
            OnConflict::columns([Column::TenantId, Column::UserId, Column::Namespace])
                .value(Column::Position, Expr::col((Entity, Column::Position)).add(1))
                .to_owned(),
        )
        .exec_with_returning(tx)
        .await?;
    Ok(row.position)
}
