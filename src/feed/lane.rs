//! The port for hints: small messages that reach whoever listens, in this process and, where it can, in others.
//!
//! A hint may be lost, doubled or late. It carries no truth, it only saves waiting.

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::broadcast;

/// What may be sent.
pub trait Hint: Clone + Send + Serialize + DeserializeOwned + 'static {
    /// Names the lane in channels, logs and metrics.
    const LANE: &'static str;
}

/// Carries hints of one kind.
pub trait Lane<T>: Send + Sync {
    /// Tells everyone. Never fails and never waits: a hint that cannot be sent is dropped.
    fn send(&self, hint: T);
    /// Hints from now on, from any process. A listener that falls behind loses the oldest.
    fn listen(&self) -> broadcast::Receiver<T>;
    /// Whether hints reach other processes right now.
    fn is_connected(&self) -> bool;
}

/// Hints a listener may be behind before it loses some.
pub(super) const BACKLOG: usize = 4_096;
