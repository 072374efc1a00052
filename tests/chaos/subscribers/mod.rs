//! Those who watch: each follows one task, or reads what its steps write, over whichever API answers, comes back where it
//! was when it is cut, and keeps what it was sent.

mod follower;
mod reader;
mod socket;

use serde_json::Value;

pub use follower::{Follower, FollowerLog, Seen};
pub use reader::{ReaderLog, read_steps};

/// A 64-bit number, which travels as text.
fn number(value: &Value) -> i64 {
    value
        .as_i64()
        .or_else(|| value.as_str()?.parse().ok())
        .unwrap_or(-1)
}
