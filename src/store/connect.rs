//! Opening the database: pools, time-outs, and what a connection is told first.

use std::{path::PathBuf, sync::Arc, sync::atomic::AtomicU64, time::Duration};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbBackend, DbErr, RuntimeErr,
    sqlx::{Connection, PgConnection},
};
use tokio::sync::Semaphore;

use super::{Store, StoreError, gather::Gathering, reads::Reads};

/// Where the rows live and how many connections may be open.
#[derive(Clone)]
pub struct StoreSettings {
    pub database: DatabaseLocation,
    pub max_connections: u32,
    /// How long a read or write waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take (Postgres).
    pub statement_timeout: Duration,
}

/// One of the two databases.
#[derive(Clone)]
pub enum DatabaseLocation {
    /// A file, made if it is not there.
    Sqlite(PathBuf),
    /// A `postgres://` URL. May hold a password: never logged.
    Postgres(String),
}

impl Store {
    /// Connects. Fails quickly, with the reason, if the database cannot be reached.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let (read, write, batches) = match &settings.database {
            DatabaseLocation::Sqlite(path) => {
                let url = format!("sqlite://{}?mode=rwc", path.display());
                // One writer: SQLite has one anyway, and a queue in the pool is fairer than its busy loop.
                let write = Database::connect(sqlite(&url, 1, settings)).await?;
                let read = Database::connect(sqlite(&url, settings.max_connections.max(2), settings)).await?;
                (read, write.clone(), write)
            }
            DatabaseLocation::Postgres(url) => {
                reach(url, settings.acquire_timeout).await?;
                let pool =
                    Database::connect(postgres(url, settings, settings.max_connections, false)).await?;
                let batches = Database::connect(postgres(url, settings, BATCH_CONNECTIONS, true)).await?;
                (pool.clone(), pool, batches)
            }
        };
        let statements = Arc::new(AtomicU64::new(0));
        Ok(Self {
            submissions: Gathering::new(1),
            read: Reads::Pool(counted(read, &statements)),
            write: counted(write, &statements),
            batches: counted(batches, &statements),
            statements,
            // The other half is for whoever needs a second connection beside one.
            snapshots: Arc::new(Semaphore::new((settings.max_connections as usize / 2).max(1))),
            // What snapshots and feeds leave is for everybody else.
            feeds: Arc::new(Semaphore::new((settings.max_connections as usize / 4).max(1))),
        })
    }
}

/// Connects once and leaves again. A pool tries until its time is up, and then only says that it is up.
async fn reach(url: &str, patience: Duration) -> Result<(), DbErr> {
    let failed = |error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)));
    match tokio::time::timeout(patience, PgConnection::connect(url)).await {
        Ok(Ok(connection)) => connection.close().await.map_err(failed),
        Ok(Err(error)) => Err(failed(error)),
        Err(_elapsed) => {
            let message = format!("no answer within {} ms", patience.as_millis());
            Err(DbErr::Conn(RuntimeErr::Internal(message)))
        }
    }
}

fn base(url: &str, settings: &StoreSettings) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .acquire_timeout(settings.acquire_timeout)
        .connect_timeout(settings.acquire_timeout)
        .sqlx_logging(false);
    options
}

fn sqlite(url: &str, connections: u32, settings: &StoreSettings) -> ConnectOptions {
    let mut options = base(url, settings);
    options
        .max_connections(connections)
        .min_connections(1)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
            .pragma("journal_mode", "WAL")
            // FULL: a commit that returned survives a power cut, as promised.
            .pragma("synchronous", "FULL")
            .pragma("foreign_keys", "ON")
            .pragma("temp_store", "MEMORY")
            .busy_timeout(Duration::from_secs(5))
        });
    options
}

/// Connections for batches: as many as a process writes at once.
const BATCH_CONNECTIONS: u32 = 4;

/// Batches touch rows they know by their keys. Left to its statistics, the planner reads a whole table while that is
/// small, and keeps the plan when it has grown.
const BY_INDEX_ONLY: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    // Planned once: the shape of the rows does not matter to the plan.
    ("plan_cache_mode", "force_generic_plan"),
];

fn postgres(url: &str, settings: &StoreSettings, connections: u32, is_for_batches: bool) -> ConnectOptions {
    let more: &[(&str, &str)] = if is_for_batches { &BY_INDEX_ONLY } else { &[] };
    let statement_timeout = settings.statement_timeout.as_millis().to_string();
    let mut options = base(url, settings);
    options
        .max_connections(connections)
        .min_connections(1)
        // A question to the server before each use costs every batch a round trip; a connection that has died fails what
        // was asked of it, and that is asked again.
        .test_before_acquire(!is_for_batches)
        .map_sqlx_postgres_opts(move |postgres| {
            postgres
                .application_name("agent-orchestrator")
                .options([
                    ("statement_timeout", statement_timeout.as_str()),
                    ("idle_in_transaction_session_timeout", "30000"),
                    // Its statements are short: compiled for one execution, the cheapest costs twenty milliseconds.
                    ("jit", "off"),
                ])
                .options(more.iter().copied())
        });
    options
}

/// Counts every statement: a list must not cost one per row, and a test says so.
fn counted(mut connection: DatabaseConnection, statements: &Arc<AtomicU64>) -> DatabaseConnection {
    let counter = Arc::clone(statements);
    connection.set_metric_callback(move |_| {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    connection
}

/// Whether this is Postgres.
pub(super) fn is_postgres(backend: DbBackend) -> bool {
    backend == DbBackend::Postgres
}
