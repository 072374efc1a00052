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
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait, QuerySelect,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, sea_query::LockType,
};
use serde_json::Value;

use super::{
    Store, StoreError, clock,
    rows::{Kind, Rows, Writes},
};
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
    events: Vec<event::Model>,
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
        self.ready |= kind == EventKind::StepReady || kind == EventKind::StepRetrying;
        self.record_quietly(kind, step, payload);
    }

    /// Adds an event that need not wake workers, whatever it says.
    pub(super) fn record_quietly(&mut self, kind: EventKind, step: Option<StepId>, payload: &Value) {
        self.task.event_seq += 1;
        self.events.push(event::Model {
            task_id: self.task.id,
            seq: self.task.event_seq,
            tenant_id: self.task.tenant_id.clone(),
            kind,
            step_id: step,
            payload: JsonText(payload.to_string()),
            created_at: self.now,
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

    /// Whether something happened.
    pub(super) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// What others are told once this is committed.
    pub(super) fn committed(&self) -> Committed {
        Committed {
            tenant: self.task.tenant_id.clone(),
            task_id: self.task.id,
            seq: self.task.event_seq,
            ready: self.ready,
            cancelled: self.cancelled,
        }
    }

    /// The new events, in order.
    pub(super) fn into_events(self) -> Vec<event::Model> {
        self.events
    }

    /// Writes the row and the events. They count once the transaction is committed.
    async fn write(self, tx: &DatabaseTransaction) -> Result<Committed, StoreError> {
        let committed = self.committed();
        let Self {
            task, now, events, ..
        } = self;
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
            active_steps: Set(task.active_steps),
            cancel_requested_at: Set(task.cancel_requested_at),
            started_at: Set(task.started_at),
            ended_at: Set(task.ended_at),
            updated_at: Set(now),
            ..Default::default()
        }
        .update(tx)
        .await?;
        if !events.is_empty() {
            let mut writes = Writes::new(tx.get_database_backend());
            writes.insert(event_rows(events), "event");
            writes.run(tx).await?;
        }
        Ok(committed)
    }
}

/// Events as rows of their table.
pub(super) fn event_rows(events: impl IntoIterator<Item = event::Model>) -> Rows<7> {
    let rows = events.into_iter().map(|event| {
        [
            event.task_id.into(),
            event.seq.into(),
            event.tenant_id.into(),
            event.kind.as_str().into(),
            event.step_id.into(),
            event.payload.into(),
            event.created_at.into(),
        ]
    });
    Rows::new([
        ("task_id", Kind::Uuid),
        ("seq", Kind::BigInt),
        ("tenant_id", Kind::Text),
        ("kind", Kind::Text),
        ("step_id", Kind::UuidOrNull),
        ("payload", Kind::Text),
        ("created_at", Kind::BigInt),
    ])
    .with(rows)
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
