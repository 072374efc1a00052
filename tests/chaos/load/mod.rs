//! The people: they submit tasks, cancel some, decide what nobody knows, and ask again until they are answered.

mod client;
mod person;
mod submitter;
mod task;

pub use client::{Api, http_client};
pub use person::{Decision, Person};
pub use submitter::{Accepted, submit};
pub use task::PlannedTask;
