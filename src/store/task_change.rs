//! One change of one task: its row locked, its events numbered, everything committed together or not at all.

use std::ops::{Deref, DerefMut};

use entity::{
    enums::{EventKind, TaskStatus},
    event,
    ids::{StepId, TaskId},
    task,
    values::{JsonText, TenantId, UnixMillis},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait, QuerySelect, SqliteTransactionMode,
    TransactionOptions, TransactionTrait, sea_query::LockType,
};
use serde_json::Value;

use super::{Store, StoreError, clock};
use crate::domain::lifecycle::Lifecycle;

/// What a committed change means for others: whom to wake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    pub tenant: TenantId,
    pub task_id: TaskId,
    /// The last event of the task.
    pub seq: i64,
    /// Whether steps became ready to be claimed.
    pub ready: bool,
    /// Whether steps under way were told to stop.
    pub cancelled: bool,
}

/// Changes of a task whose row this transaction holds, not written yet.
pub(super) struct TaskEdit {
    /// The row as it will be written.
    pub(super) task: task::Model,
    pub(super) now: UnixMillis,
    events: Vec<event::ActiveModel>,
    ready: bool,
    cancelled: bool,
}

/// An open transaction that holds a task's row.
pub(super) struct TaskChange {
    pub(super) tx: DatabaseTransaction,
    edit: TaskEdit,
}

impl Deref for TaskChange {
    type Target = TaskEdit;

    fn deref(&self) -> &TaskEdit {
        &self.edit
    }
}

impl DerefMut for TaskChange {
    fn deref_mut(&mut self) -> &mut TaskEdit {
        &mut self.edit
    }
}

impl Store {
    /// Begins a transaction that may write.
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.write.begin_with_options(options).await?)
    }

    /// Locks a task for a change. None if there is no such task.
    pub(super) async fn change_task(&self, id: TaskId) -> Result<Option<TaskChange>, StoreError> {
        let tx = self.begin().await?;
        let Some(task) = task::Entity::find_by_id(id)
            .lock(LockType::Update)
            .one(&tx)
            .await?
        else {
            tx.rollback().await?;
            return Ok(None);
        };
        let now = clock::now(&tx).await?;
        Ok(Some(TaskChange::of(tx, task, now)))
    }
}

impl TaskEdit {
    /// An edit of a row that is held.
    pub(super) fn new(task: task::Model, now: UnixMillis) -> Self {
        Self {
            task,
            now,
            events: Vec::new(),
            ready: false,
            cancelled: false,
        }
    }

    /// Adds an event. Its number is the next of the task.
    pub(super) fn record(&mut self, kind: EventKind, step: Option<StepId>, payload: &Value) {
        self.task.event_seq += 1;
        self.ready |= kind == EventKind::StepReady || kind == EventKind::StepRetrying;
        self.events.push(event::ActiveModel {
            task_id: Set(self.task.id),
            seq: Set(self.task.event_seq),
            tenant_id: Set(self.task.tenant_id.clone()),
            kind: Set(kind),
            step_id: Set(step),
            payload: Set(JsonText(payload.to_string())),
            created_at: Set(self.now),
        });
    }

    /// Says that workers must be told to stop.
    pub(super) fn tell_cancelled(&mut self) {
        self.cancelled = true;
    }

    /// Moves the task to another status, if its lifecycle allows it.
    pub(super) fn move_task(&mut self, to: TaskStatus) -> Result<(), StoreError> {
        self.task.status = self.task.status.to(to)?;
        if to.is_final() {
            self.task.ended_at = Some(self.now);
        }
        Ok(())
    }

    /// Writes the row and the events. They count once the transaction is committed.
    pub(super) async fn write(self, tx: &DatabaseTransaction) -> Result<Committed, StoreError> {
        let Self {
            task,
            now,
            events,
            ready,
            cancelled,
        } = self;
        let committed = Committed {
            tenant: task.tenant_id.clone(),
            task_id: task.id,
            seq: task.event_seq,
            ready,
            cancelled,
        };
        task::ActiveModel {
            id: Set(task.id),
            status: Set(task.status),
            budget_nanos: Set(task.budget_nanos),
            plan_id: Set(task.plan_id),
            result: Set(task.result),
            error_code: Set(task.error_code),
            error_message: Set(task.error_message),
            cost_nanos: Set(task.cost_nanos),
            reserved_nanos: Set(task.reserved_nanos),
            unpriced_entries: Set(task.unpriced_entries),
            event_seq: Set(task.event_seq),
            open_steps: Set(task.open_steps),
            cancel_requested_at: Set(task.cancel_requested_at),
            started_at: Set(task.started_at),
            ended_at: Set(task.ended_at),
            updated_at: Set(now),
            ..Default::default()
        }
        .update(tx)
        .await?;
        if !events.is_empty() {
            event::Entity::insert_many(events)
                .exec_without_returning(tx)
                .await?;
        }
        Ok(committed)
    }
}

impl TaskChange {
    /// A change of a task whose row this transaction already holds, or has just inserted.
    pub(super) fn of(tx: DatabaseTransaction, task: task::Model, now: UnixMillis) -> Self {
        Self {
            tx,
            edit: TaskEdit::new(task, now),
        }
    }

    /// Writes everything, and commits.
    pub(super) async fn commit(self) -> Result<Committed, StoreError> {
        let committed = self.edit.write(&self.tx).await?;
        self.tx.commit().await?;
        Ok(committed)
    }

    /// Gives the change up: nothing of it is stored.
    pub(super) async fn abandon(self) -> Result<(), StoreError> {
        Ok(self.tx.rollback().await?)
    }
}
