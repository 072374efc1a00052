//! An LLM agent orchestration backend: people submit a task in words, a planner makes it a graph of steps, agents carry
//! the steps out with models, tools and memory, and everything can be watched live, is paid for and survives a crash.
//!
//! The modules, in layer order. Dependencies point from the end of this list to its beginning, never back; what each
//! may use is said at the top of its `mod.rs` and held by `tests/it/architecture.rs`.

/// Pure rules: lifecycles, the plan graph, retries, scopes.
pub mod domain;
/// Everything in the database, by intent. The only module that speaks SeaORM.
pub mod store;

/// Hints between processes, and gap-free streams of events.
pub mod feed;
/// Rate limits per user.
pub mod limits;
/// Chat models, embedders, prices, token counts.
pub mod llm;
/// Long-term memory and its FAISS index.
pub mod memory;
/// The tool registry and the built-in tools.
pub mod tools;

/// Roles, and the think–act loop without I/O.
pub mod agents;
/// From a description to a plan.
pub mod planner;
/// Claims, runs and settles steps.
pub mod engine;

/// Use cases: check, authorise, limit, do.
pub mod services;
/// GraphQL and the HTTP around it.
pub mod api;
/// Cases run through the program and scored.
pub mod eval;

/// Defaults, file, environment, flags.
pub mod config;
/// Logging.
pub mod telemetry;

/// The composition root.
pub mod app;
/// What can be typed.
pub mod commands;
