//! Several tasks changed in one transaction: what arrives together shares a commit.

use std::collections::BTreeMap;

use entity::{ids::TaskId, task, values::UnixMillis};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use crate::domain::lifecycle::Lifecycle;

use super::{
    Committed, Store, StoreError,
    connect::is_postgres,
    rows::{Kind, Rows, Writes},
    task_change::{TaskEdit, event_rows},
};

/// An open transaction that holds the rows of several tasks.
pub(super) struct Batch {
    pub(super) tx: DatabaseTransaction,
    pub(super) backend: DbBackend,
    /// Read from the database's clock after the locks were taken.
    pub(super) now: UnixMillis,
    /// What is written last, and read by nothing in this transaction.
    pub(super) writes: Writes,
    edits: BTreeMap<TaskId, TaskEdit>,
}

/// What changes in a task's row while its steps run. The rest, the long texts, is known from the claim.
#[derive(Clone, Debug, FromQueryResult)]
struct HotTask {
    id: TaskId,
    status: entity::enums::TaskStatus,
    budget_nanos: Option<entity::values::NanoUsd>,
    plan_id: Option<entity::ids::PlanId>,
    cost_nanos: entity::values::NanoUsd,
    reserved_nanos: entity::values::NanoUsd,
    unpriced_entries: i32,
    event_seq: i64,
    open_steps: i32,
    active_steps: i32,
    cancel_requested_at: Option<UnixMillis>,
    started_at: Option<UnixMillis>,
    ended_at: Option<UnixMillis>,
}

impl Store {
    /// Begins a transaction for many rows at once.
    pub(super) async fn begin_batch_transaction(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.batches.begin_with_options(options).await?)
    }

    /// Begins a batch that holds nothing yet.
    pub(super) async fn begin_batch(&self) -> Result<Batch, StoreError> {
        let tx = self.begin_batch_transaction().await?;
        let backend = tx.get_database_backend();
        Ok(Batch {
            backend,
            writes: Writes::new(backend),
            tx,
            now: UnixMillis(0),
            edits: BTreeMap::new(),
        })
    }
}

impl Batch {
    /// Locks tasks in the order of their ids, as every batch does, so that two batches cannot wait for each other.
    /// `known` are the rows as they once were.
    pub(super) async fn lock(
        &mut self,
        known: impl IntoIterator<Item = &task::Model>,
    ) -> Result<(), StoreError> {
        let mut known: BTreeMap<TaskId, &task::Model> =
            known.into_iter().map(|task| (task.id, task)).collect();
        if known.is_empty() {
            return Ok(());
        }
        let ids = Rows::new([("held_id", Kind::Uuid)]).with(known.keys().map(|id| [(*id).into()]));
        let lock = if is_postgres(self.backend) {
            "FOR UPDATE OF t"
        } else {
            ""
        };
        let select = ids.statement(self.backend, [], |_| {
            format!(
                "SELECT t.id, t.status, t.budget_nanos, t.plan_id, t.cost_nanos, t.reserved_nanos, t.unpriced_entries, \
                 t.event_seq, t.open_steps, t.active_steps, t.cancel_requested_at, t.started_at, t.ended_at \
                 FROM r JOIN task t ON t.id = r.held_id ORDER BY t.id {lock}"
            )
        });
        for hot in HotTask::find_by_statement(select).all(&self.tx).await? {
            let Some(task) = known.remove(&hot.id) else {
                continue;
            };
            self.edits.insert(hot.id, TaskEdit::new(hot.over(task), self.now));
        }
        Ok(())
    }

    /// Takes tasks in whose rows this transaction has locked by another statement.
    pub(super) async fn take_in(
        &mut self,
        tasks: impl IntoIterator<Item = TaskId>,
    ) -> Result<(), StoreError> {
        let new: Vec<TaskId> = tasks
            .into_iter()
            .filter(|id| !self.edits.contains_key(id))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let ids = Rows::new([("held_id", Kind::Uuid)]).with(new.into_iter().map(|id| [id.into()]));
        let select = ids.statement(self.backend, [], |_| {
            "SELECT t.* FROM r JOIN task t ON t.id = r.held_id".to_owned()
        });
        for task in task::Entity::find().from_raw_sql(select).all(&self.tx).await? {
            self.edits.insert(task.id, TaskEdit::new(task, self.now));
        }
        Ok(())
    }

    /// Sets the moment at which everything in this batch happens.
    pub(super) fn set_now(&mut self, now: UnixMillis) {
        self.now = now;
        for edit in self.edits.values_mut() {
            edit.now = now;
        }
    }

    /// The edit of a task this batch holds.
    pub(super) fn edit(&mut self, id: TaskId) -> Result<&mut TaskEdit, StoreError> {
        self.edits
            .get_mut(&id)
            .ok_or(StoreError::Missing("a task of a batch"))
    }

    /// Everything that is held.
    pub(super) fn edits(&self) -> impl Iterator<Item = &TaskEdit> {
        self.edits.values()
    }

    /// Everything that is held, to be changed.
    pub(super) fn edits_mut(&mut self) -> impl Iterator<Item = &mut TaskEdit> {
        self.edits.values_mut()
    }

    /// Writes every row that has new events, and the events, and commits.
    pub(super) async fn commit(self) -> Result<Vec<Committed>, StoreError> {
        let Self {
            tx,
            now,
            mut writes,
            edits,
            ..
        } = self;
        let changed: Vec<TaskEdit> = edits.into_values().filter(TaskEdit::has_events).collect();
        if changed.is_empty() {
            tx.rollback().await?;
            return Ok(Vec::new());
        }
        writes.write(task_rows(&changed, now), |r| {
            format!(
                "UPDATE task SET status = {r}.new_status, plan_id = {r}.new_plan_id, event_seq = {r}.new_event_seq, \
                 open_steps = {r}.new_open_steps, active_steps = {r}.new_active_steps, \
                 started_at = {r}.new_started_at, ended_at = {r}.new_ended_at, \
                 result = COALESCE({r}.new_result, result), error_code = COALESCE({r}.new_error_code, error_code), \
                 error_message = COALESCE({r}.new_error_message, error_message), updated_at = {r}.new_updated_at \
                 FROM {r} WHERE task.id = {r}.changed_id"
            )
        });
        let committed = changed.iter().map(TaskEdit::committed).collect();
        let events = event_rows(changed.into_iter().flat_map(TaskEdit::into_events));
        writes.insert(events, "event");
        writes.run(&tx).await?;
        tx.commit().await?;
        Ok(committed)
    }
}

impl HotTask {
    fn over(self, known: &task::Model) -> task::Model {
        task::Model {
            status: self.status,
            budget_nanos: self.budget_nanos,
            plan_id: self.plan_id,
            cost_nanos: self.cost_nanos,
            reserved_nanos: self.reserved_nanos,
            unpriced_entries: self.unpriced_entries,
            event_seq: self.event_seq,
            open_steps: self.open_steps,
            active_steps: self.active_steps,
            cancel_requested_at: self.cancel_requested_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            ..known.clone()
        }
    }
}

/// What a batch changes in tasks: it neither spends nor cancels.
fn task_rows(changed: &[TaskEdit], now: UnixMillis) -> Rows<12> {
    let rows = changed.iter().map(|edit| {
        let task = &edit.task;
        // Only the end of a task writes these.
        let ended = task.status.is_final();
        let text = |text: &Option<String>| text.clone().filter(|_| ended);
        [
            task.id.into(),
            task.status.as_str().into(),
            task.plan_id.into(),
            task.event_seq.into(),
            i64::from(task.open_steps).into(),
            i64::from(task.active_steps).into(),
            task.started_at.into(),
            task.ended_at.into(),
            text(&task.result).into(),
            text(&task.error_code).into(),
            text(&task.error_message).into(),
            now.into(),
        ]
    });
    Rows::new([
        ("changed_id", Kind::Uuid),
        ("new_status", Kind::Text),
        ("new_plan_id", Kind::UuidOrNull),
        ("new_event_seq", Kind::BigInt),
        ("new_open_steps", Kind::BigInt),
        ("new_active_steps", Kind::BigInt),
        ("new_started_at", Kind::BigIntOrNull),
        ("new_ended_at", Kind::BigIntOrNull),
        ("new_result", Kind::TextOrNull),
        ("new_error_code", Kind::TextOrNull),
        ("new_error_message", Kind::TextOrNull),
        ("new_updated_at", Kind::BigInt),
    ])
    .with(rows)
}
