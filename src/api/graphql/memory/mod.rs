//! Long-term memory.

mod mutation;
mod object;
mod query;

pub(super) use mutation::MemoryMutation;
pub(super) use object::{Memory, MemoryUse};
pub(super) use query::MemoryQuery;
