//! The only module that speaks SeaORM: reads and writes named by intent, scoped to a tenant, each write one transaction.
//!
//! A write that changes a task goes through [`task_change::TaskChange`]: it locks the task's row, numbers the events and
//! commits both together. To add a write: a file in the folder of its noun with an `impl Store` block that begins a
//! `TaskChange` and ends in its `commit`. Rows of `entity` come out; nobody outside sees a connection.
//!
//! May use: `entity`, `migration`, `domain`.

use std::sync::{Arc, atomic::AtomicU64, atomic::Ordering};

use sea_orm::DatabaseConnection;
use tokio::sync::Semaphore;

use self::gather::Gathering;

mod batch;
pub mod calls;
mod clock;
mod connect;
mod error;
pub mod events;
mod gather;
pub mod ledger;
pub mod memories;
mod messages;
mod migrate;
mod notes;
pub mod page;
mod plans;
mod reads;
mod rows;
pub mod steps;
mod task_change;
pub mod tasks;

use reads::Reads;

pub use connect::{DatabaseLocation, StoreSettings};
pub use error::StoreError;
pub use task_change::Committed;

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    /// Reads. The same pool as `write` on Postgres.
    read: Reads,
    /// Transactions. One connection on SQLite.
    write: DatabaseConnection,
    /// Transactions of many rows at once. The same as `write` on SQLite.
    batches: DatabaseConnection,
    /// Tasks on their way in.
    submissions: Gathering<(entity::ids::TaskId, tasks::NewTask), Option<tasks::Submitted>>,
    statements: Arc<AtomicU64>,
    /// One for each connection that a snapshot may hold.
    snapshots: Arc<Semaphore>,
    /// One for each connection that feeds may read on.
    feeds: Arc<Semaphore>,
}

impl Store {
    /// Statements sent since the start, for metrics.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }
}
