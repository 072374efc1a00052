//! An LLM agent orchestration backend: people submit a task in words, a planner makes it a graph of steps, agents carry
//! the steps out with models, tools and memory, and everything can be watched live, is paid for and survives a crash.
//!
//! The modules, in layer order. Dependencies point from the end of this list to its beginning, never back; what each
//! may use is said at the top of its `mod.rs` and held by `tests/it/architecture.rs`.

// Rules and facts.
pub mod domain; // pure: lifecycles, the plan graph, retries, scopes
pub mod store; // everything in the database, by intent; the only module that speaks SeaORM

// Ports and what stands behind them.
pub mod feed; // hints between processes, and gap-free streams of events
pub mod limits; // rate limits per user
pub mod llm; // chat models, embedders, prices, token counts
pub mod memory; // long-term memory and its FAISS index
pub mod tools; // the tool registry and the built-in tools

// The work.
pub mod agents; // roles, and the think–act loop without I/O
pub mod planner; // from a description to a plan
pub mod engine; // claims, runs and settles steps

// The ways in.
pub mod services; // use cases: check, authorise, limit, do
pub mod api; // GraphQL and the HTTP around it
pub mod eval; // cases run through the program and scored

// The process.
pub mod config; // defaults, file, environment, flags
pub mod telemetry; // logging
pub mod app; // the composition root: the only place that knows everything
pub mod commands; // what can be typed
