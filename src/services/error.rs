//! Why a use case was refused or failed.

use std::time::Duration;

use crate::{memory::MemoryError, store::StoreError};

/// A refusal or a fault.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The input cannot be accepted; `field` is its name within the input object.
    #[error("{message}")]
    Invalid { field: &'static str, message: String },
    /// There is no such thing, or it is not the caller's.
    #[error("there is no {what} {id}")]
    NotFound { what: &'static str, id: String },
    /// The state does not allow it.
    #[error("{message}")]
    Conflict { field: &'static str, message: String },
    /// Too often; wait.
    #[error("too many requests: try again in {} ms", whole_millis(*retry_after))]
    RateLimited { retry_after: Duration },
    /// The database failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// Long-term memory failed.
    #[error("memory failed")]
    Memory(#[from] MemoryError),
}

impl ServiceError {
    /// Whether the database had no connection left for it.
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Store(error) | Self::Memory(MemoryError::Store(error)) => error.is_busy(),
            _ => false,
        }
    }

    /// An input that cannot be accepted.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            message: message.into(),
        }
    }
}

/// A wait in milliseconds, rounded up: whoever waits that long has waited long enough.
pub fn whole_millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_nanos().div_ceil(1_000_000))
        .unwrap_or(u64::MAX)
        .max(1)
}
