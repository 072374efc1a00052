//! Where reads go: to the pool, each on its own; to the pool, a few of all feeds at once; or to one snapshot.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    IsolationLevel, QueryResult, Statement, TransactionTrait,
};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use super::{Store, connect::is_postgres};

/// The read side of a store. Cheap to clone.
#[derive(Clone)]
pub(super) enum Reads {
    Pool(DatabaseConnection),
    /// Feeds wake together, by the thousand: they take turns, so that requests find a connection.
    InTurns(DatabaseConnection, Arc<Semaphore>),
    Snapshot(Arc<Snapshot>),
}

/// A read-only transaction that begins with its first read and ends when it is dropped.
pub(super) struct Snapshot {
    pool: DatabaseConnection,
    /// As many as connections may be held for long.
    permits: Arc<Semaphore>,
    begun: OnceCell<Begun>,
}

/// In the order in which they are given back.
struct Begun {
    transaction: DatabaseTransaction,
    _permit: OwnedSemaphorePermit,
}

impl Store {
    /// The same store with all its reads from one moment, that of the first of them. It holds a connection from then
    /// until it is dropped: it is for one short request. Writes are not part of it.
    pub fn snapshot(&self) -> Self {
        Self {
            read: Reads::Snapshot(Arc::new(Snapshot {
                pool: self.read.pool().clone(),
                permits: Arc::clone(&self.snapshots),
                begun: OnceCell::new(),
            })),
            ..self.clone()
        }
    }

    /// The same store for feeds, however many: their reads take turns, a quarter of the connections at a time. Writes
    /// are not part of it.
    pub fn for_feeds(self) -> Self {
        Self {
            read: Reads::InTurns(self.read.pool().clone(), Arc::clone(&self.feeds)),
            ..self
        }
    }
}

impl Reads {
    pub(super) fn pool(&self) -> &DatabaseConnection {
        match self {
            Self::Pool(pool) | Self::InTurns(pool, _) => pool,
            Self::Snapshot(snapshot) => &snapshot.pool,
        }
    }
}

/// Waits for one's turn, which lasts until the answer is dropped.
async fn turn(turns: &Semaphore) -> Result<SemaphorePermit<'_>, DbErr> {
    let turn = turns.acquire().await;
    turn.map_err(|_closed| DbErr::Custom("no more turns".to_owned()))
}

impl Snapshot {
    async fn transaction(&self) -> Result<&DatabaseTransaction, DbErr> {
        let begun = self.begun.get_or_try_init(|| async {
            let permit = Arc::clone(&self.permits).acquire_owned().await;
            let _permit = permit.map_err(|_closed| DbErr::Custom("no more snapshots".to_owned()))?;
            let transaction = if is_postgres(self.pool.get_database_backend()) {
                let (level, mode) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
                self.pool.begin_with_config(Some(level), Some(mode)).await?
            } else {
                // Every transaction of SQLite in WAL mode sees the moment of its first read.
                self.pool.begin().await?
            };
            Ok::<_, DbErr>(Begun { transaction, _permit })
        });
        Ok(&begun.await?.transaction)
    }
}

#[async_trait]
impl ConnectionTrait for Reads {
    fn get_database_backend(&self) -> DbBackend {
        self.pool().get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_raw(statement).await,
            Self::InTurns(pool, turns) => {
                let _turn = turn(turns).await?;
                pool.execute_raw(statement).await
            }
            Self::Snapshot(snapshot) => snapshot.transaction().await?.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Pool(pool) => pool.execute_unprepared(sql).await,
            Self::InTurns(pool, turns) => {
                let _turn = turn(turns).await?;
                pool.execute_unprepared(sql).await
            }
            Self::Snapshot(snapshot) => snapshot.transaction().await?.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => pool.query_one_raw(statement).await,
            Self::InTurns(pool, turns) => {
                let _turn = turn(turns).await?;
                pool.query_one_raw(statement).await
            }
            Self::Snapshot(snapshot) => snapshot.transaction().await?.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Pool(pool) => pool.query_all_raw(statement).await,
            Self::InTurns(pool, turns) => {
                let _turn = turn(turns).await?;
                pool.query_all_raw(statement).await
            }
            Self::Snapshot(snapshot) => snapshot.transaction().await?.query_all_raw(statement).await,
        }
    }
}
