//! Everything is tested from outside: the public API against real parts, on both stacks. Mirrors `src`.
//!
//! Run by `make test`, which starts one Postgres and one Redis for the whole run.

#![cfg(test)]
#![expect(unreachable_pub, reason = "nothing outside reaches a test")]

mod support;

mod agents;
mod api;
mod architecture;
mod config;
mod domain;
mod engine;
mod feed;
mod lesson;
mod limits;
mod llm;
mod memory;
mod planner;
mod process;
mod services;
mod session;
mod store;
mod tools;
mod websocket;
