//! The live feed: who wants to know of a change is told at once, and reads the truth from the store.
//!
//! [`lane`] is the port that carries hints between processes (in process, or Redis); [`doorbell`] is the lane that says
//! that something changed, and [`Feed`] turns its rings into gap-free streams of events. [`output`] is the text of steps
//! as it is written, on a lane of its own. To add a carrier: a file beside `redis.rs` that implements [`lane::Lane`], and
//! a line in `src/app/build.rs`. To add a lane: a type that is a [`lane::Hint`].
//!
//! May use: `store`, `domain`.

pub mod doorbell;
mod event_stream;
pub mod lane;
mod local;
pub mod output;
mod redis;
mod tail;

pub use event_stream::{Feed, FeedItem};
pub use local::{LocalDoorbell, LocalLane};
pub use redis::{RedisDoorbell, RedisLane, RedisLaneSettings};
