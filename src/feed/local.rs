//! The lane of one process.

use tokio::sync::broadcast;

use super::{
    doorbell::Ring,
    lane::{BACKLOG, Lane},
};

/// Hints within this process only.
#[derive(Debug)]
pub struct LocalLane<T> {
    hints: broadcast::Sender<T>,
}

/// Rings within this process only.
pub type LocalDoorbell = LocalLane<Ring>;

impl<T: Clone> Default for LocalLane<T> {
    fn default() -> Self {
        Self {
            hints: broadcast::channel(BACKLOG).0,
        }
    }
}

impl<T: Clone + Send> Lane<T> for LocalLane<T> {
    fn send(&self, hint: T) {
        // No listener is no error.
        let _ = self.hints.send(hint);
    }

    fn listen(&self) -> broadcast::Receiver<T> {
        self.hints.subscribe()
    }

    fn is_connected(&self) -> bool {
        true
    }
}
