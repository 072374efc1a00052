//! Agents: their roles and the think–act loop, without I/O.
//!
//! [`session::Session`] says what to do next (ask the model, run tools, finish); the engine does it, journals it, and
//! tells the session what came of it. So a conversation can be replayed from the journal, and tested without a model.
//! To add an agent: an entry in `defaults.toml`, or in the operator's file.
//!
//! May use: `tools`, `llm`, `domain`.

mod context;
pub mod lesson;
pub mod registry;
mod repeats;
pub mod role;
pub mod session;
