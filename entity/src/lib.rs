//! The tables, one per file, with the ids, closed lists and column types they carry.
//!
//! To add a table: a file here, a line below, a step in `migration/src`. What is read and written together is said in
//! `src/store`; nothing here does I/O.

pub mod enums;
pub mod ids;
pub mod values;

pub mod attempt;
pub mod event;
pub mod event_consumer;
pub mod ledger_entry;
pub mod llm_call;
pub mod memory;
pub mod memory_namespace;
pub mod memory_use;
pub mod message;
pub mod note;
pub mod plan;
pub mod step;
pub mod step_dependency;
pub mod step_draft;
pub mod step_output;
pub mod task;
pub mod tool_call;
