//! The people: they submit tasks, cancel some, decide what nobody knows, give money, have what failed tried again, and ask
//! again until they are answered.

mod client;
mod patron;
mod person;
mod retries;
mod stubborn;
mod submitter;
mod task;

use serde_json::Value;

pub use client::{Api, http_client};
pub use patron::{Patron, TINY};
pub use person::{Decision, Person};
pub use retries::{Ends, Retries};
pub use stubborn::Stubborn;
pub use submitter::{Accepted, submit};
pub use task::PlannedTask;

/// The members of a list; none if it is no list.
fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
