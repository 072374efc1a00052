//! Why long-term memory did not do what it was asked.

use super::index::IndexError;
use crate::{llm::LlmError, store::StoreError};

/// A read or write of long-term memory that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The embedder gave no vector.
    #[error(transparent)]
    Embedder(#[from] LlmError),
    /// The vectors could not be searched.
    #[error("the vectors could not be searched")]
    Index(#[from] IndexError),
}
