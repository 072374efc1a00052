//! What can go wrong in the store. "Not found" is not among it: that is `Ok(None)`.

use entity::ids::StepId;
use sea_orm::{DbErr, RuntimeErr};

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
    /// Whether the same call may succeed a little later: the database was away, busy or shutting down.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => true,
            Self::Database(
                DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)),
            ) => {
                error.as_database_error().is_none_or(|database| {
                    // Postgres classes 08 (connection), 40 (rollback), 53 (resources), 57 (operator); SQLite 5 (busy), 6 (locked).
                    database.code().is_some_and(|code| {
                        ["08", "40", "53", "57"]
                            .iter()
                            .any(|class| code.len() == 5 && code.starts_with(class))
                            || matches!(code.as_ref(), "5" | "6" | "261" | "517")
                    })
                })
            }
            _ => false,
        }
    }
}
