//! Long-term memory: rows in the store, vectors in FAISS, and the way between them.
//!
//! [`LongTermMemory`] embeds, stores and searches; [`index`] holds the vectors and follows the store by position, so
//! its files may be deleted at any time. Short-term memory is the messages of a task, which the store keeps.
//!
//! May use: `store`, `llm`, `domain`.

mod error;
mod filter;
pub mod index;
mod long_term;

pub use error::MemoryError;
pub use filter::MetadataFilter;
pub use long_term::{Embedded, Found, LongTermMemory, NewContent, SearchQuery};

/// The collection of a user who names none.
pub const DEFAULT_NAMESPACE: &str = "default";

/// Whether a name can be a namespace: 1 to 64 letters, digits, and `_ - . : /`.
pub fn is_namespace(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte))
}
