//! Reading events, and remembering how far a named consumer has read.

use entity::{event, event_consumer, ids::TaskId, task};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{LockType, OnConflict},
};

use super::{Store, StoreError, clock, tasks};
use crate::domain::scope::Scope;

impl Store {
    /// Events of a task after `after`, in order, at most `limit`. The caller has checked the scope.
    pub async fn events_after(
        &self,
        task: TaskId,
        after: i64,
        limit: u64,
    ) -> Result<Vec<event::Model>, StoreError> {
        Ok(event::Entity::find()
            .filter(event::Column::TaskId.eq(task))
            .filter(event::Column::Seq.gt(after))
            .order_by_asc(event::Column::Seq)
            .limit(limit)
            .all(&self.read)
            .await?)
    }

    /// Number of a task's last event; 0 if there is no such task. The caller has checked the scope.
    pub async fn last_event(&self, id: TaskId) -> Result<i64, StoreError> {
        let last: Option<i64> = task::Entity::find_by_id(id)
            .select_only()
            .column(task::Column::EventSeq)
            .into_tuple()
            .one(&self.read)
            .await?;
        Ok(last.unwrap_or_default())
    }

    /// The same of several tasks, in order, at most `limit` of each: numbers have no gaps, so the last is known.
    pub async fn events_of_tasks(
        &self,
        scope: &Scope,
        tasks: &[TaskId],
        after: i64,
        limit: i64,
    ) -> Result<Vec<event::Model>, StoreError> {
        Ok(event::Entity::find()
            .filter(event::Column::TenantId.eq(scope.tenant.clone()))
            .filter(event::Column::TaskId.is_in(tasks.iter().copied()))
            .filter(event::Column::Seq.gt(after))
            .filter(event::Column::Seq.lte(after.saturating_add(limit)))
            .order_by_asc(event::Column::Seq)
            .all(&self.read)
            .await?)
    }

    /// Number of the last event a consumer acknowledged; 0 if it never did.
    pub async fn acknowledged(&self, task: TaskId, consumer: &str) -> Result<i64, StoreError> {
        let row = event_consumer::Entity::find_by_id((task, consumer.to_owned()))
            .one(&self.read)
            .await?;
        Ok(row.map_or(0, |row| row.acknowledged_seq))
    }

    /// Remembers that a consumer has read up to `seq`; it never goes back. None if the scope has no such task, else
    /// what is remembered.
    pub async fn acknowledge(
        &self,
        scope: &Scope,
        task: TaskId,
        consumer: &str,
        seq: i64,
    ) -> Result<Option<i64>, StoreError> {
        let tx = self.begin().await?;
        // Locked, so that of two readers under one name the one behind cannot overwrite the one ahead.
        let select = tasks::scoped(scope)
            .filter(task::Column::Id.eq(task))
            .lock(LockType::Update);
        let Some(task) = select.one(&tx).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let key = (task.id, consumer.to_owned());
        let before = event_consumer::Entity::find_by_id(key)
            .one(&tx)
            .await?
            .map_or(0, |row| row.acknowledged_seq);
        let acknowledged_seq = seq.min(task.event_seq).max(before);
        let row = event_consumer::ActiveModel {
            task_id: Set(task.id),
            name: Set(consumer.to_owned()),
            tenant_id: Set(task.tenant_id),
            acknowledged_seq: Set(acknowledged_seq),
            updated_at: Set(clock::now(&tx).await?),
        };
        let replace = OnConflict::columns([event_consumer::Column::TaskId, event_consumer::Column::Name])
            .update_columns([
                event_consumer::Column::AcknowledgedSeq,
                event_consumer::Column::UpdatedAt,
            ])
            .to_owned();
        event_consumer::Entity::insert(row)
            .on_conflict(replace)
            .exec_without_returning(&tx)
            .await?;
        tx.commit().await?;
        Ok(Some(acknowledged_seq))
    }
}
