//! Why the index did not do what it was asked.

use super::MAX_DIMENSION;
use super::files::FilesError;

/// An error of the index. None of them loses anything: the database has it all.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the dimension {0} is not between 1 and {MAX_DIMENSION}")]
    DimensionOutOfRange(usize),
    #[error("a vector of {found} numbers does not fit an index of dimension {expected}")]
    WrongDimension { expected: usize, found: usize },
    #[error("a vector holds NaN, infinity or numbers too large to compare")]
    NotFinite,
    /// Read the changes again from `applied`, or from 0 after a reset.
    #[error("the changes follow position {after}, but the collection stands at {applied}")]
    Gap { after: i64, applied: i64 },
    /// The collection was closed; it will be read from its files or rebuilt.
    #[error("FAISS failed: {0}")]
    Faiss(#[from] faiss::error::Error),
    /// The collection was closed; it will be read from its files or rebuilt.
    #[error("FAISS and the list of ids do not agree")]
    Inconsistent,
    /// The index goes on in memory.
    #[error("the index of collection {collection} could not be stored: {source}")]
    Files { collection: String, source: FilesError },
    /// The job panicked, or the program is shutting down.
    #[error("the index job did not finish: {0}")]
    Job(#[from] tokio::task::JoinError),
    #[error("the index is closed")]
    Closed(#[from] tokio::sync::AcquireError),
}
