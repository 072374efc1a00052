//! The live feed: who wants to know of a change is told at once, and reads the truth from the store.
//!
//! [`doorbell`] is the port that carries hints between processes (in process, or Redis); [`Feed`] turns hints into
//! gap-free streams of events. To add a doorbell: a file beside `redis.rs` that implements [`doorbell::Doorbell`] and a
//! line in `src/app.rs`.
//!
//! May use: `store`, `domain`.

pub mod doorbell;
mod event_stream;
mod local;
mod redis;
mod tail;

pub use event_stream::{Feed, FeedItem};
pub use local::LocalDoorbell;
pub use redis::{RedisDoorbell, RedisDoorbellSettings};
