//! What can go wrong in the store. "Not found" is not among it: that is `Ok(None)`.

use entity::ids::StepId;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

use crate::domain::lifecycle::IllegalTransition;

/// A read or write that did not happen. Nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached.
    #[error("the database did not do it")]
    Database(#[from] DbErr),
    /// Another worker owns the step by now: what this one writes no longer counts.
    #[error("step {0} is no longer held by this worker")]
    Fenced(StepId),
    /// The state does not allow it.
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    /// A stored value cannot be read back.
    #[error("stored JSON cannot be read")]
    Json(#[from] serde_json::Error),
    /// A row that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
}

impl StoreError {
    /// Whether every connection was taken for as long as one waits for one.
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Database(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) => true,
            Self::Database(
                DbErr::Conn(RuntimeErr::SqlxError(error))
                | DbErr::Exec(RuntimeErr::SqlxError(error))
                | DbErr::Query(RuntimeErr::SqlxError(error)),
            ) => matches!(error.as_ref(), sqlx::Error::PoolTimedOut),
            _ => false,
        }
    }

    /// Whether the same call may succeed a little later: the database was away, busy, full, read-only or shutting down.
    pub fn is_transient(&self) -> bool {
        let Self::Database(error) = self else {
            return false;
        };
        match error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
            DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
                match error.as_ref() {
                    sqlx::Error::Database(refusal) => refusal.code().is_some_and(|code| passes(&code)),
                    sqlx::Error::Io(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::Protocol(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::WorkerCrashed
                    | sqlx::Error::BeginFailed => true,
                    // The database did it, and what came back cannot be read: it will come back again.
                    _ => false,
                }
            }
            _ => false,
        }
    }
}

/// Classes of SQLSTATEs that pass (<https://www.postgresql.org/docs/current/errcodes-appendix.html>): connection,
/// rollback, resources, operator, system.
const PASSING_CLASSES: [&str; 5] = ["08", "40", "53", "57", "58"];

/// SQLSTATEs outside of those: a server that has not taken over yet writes nothing, and a lock was not to be had.
const PASSING_STATES: [&str; 2] = ["25006", "55P03"];

/// Primary result codes of SQLite that pass (<https://www.sqlite.org/rescode.html>): busy, locked, an error of the disk,
/// a full disk, a file that cannot be opened for want of descriptors, a lock protocol that was raced.
const PASSING_RESULTS: [u32; 6] = [5, 6, 10, 13, 14, 15];

/// Whether what the database refused with this code may be done a little later. SQLSTATEs have five characters; SQLite's
/// extended codes, fewer digits, of which the lowest byte is the primary code.
fn passes(code: &str) -> bool {
    if code.len() == 5 {
        return PASSING_STATES.contains(&code) || PASSING_CLASSES.iter().any(|class| code.starts_with(class));
    }
    code.parse::<u32>()
        .is_ok_and(|code| PASSING_RESULTS.contains(&(code & 0xff)))
}
