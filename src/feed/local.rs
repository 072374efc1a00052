//! The doorbell of one process.

use async_trait::async_trait;
use tokio::sync::broadcast;

use super::doorbell::{BACKLOG, Doorbell, Ring};

/// Rings within this process only.
#[derive(Debug)]
pub struct LocalDoorbell {
    rings: broadcast::Sender<Ring>,
}

impl Default for LocalDoorbell {
    fn default() -> Self {
        Self {
            rings: broadcast::channel(BACKLOG).0,
        }
    }
}

#[async_trait]
impl Doorbell for LocalDoorbell {
    async fn ring(&self, ring: Ring) {
        // No listener is no error.
        let _ = self.rings.send(ring);
    }

    fn listen(&self) -> broadcast::Receiver<Ring> {
        self.rings.subscribe()
    }

    fn is_connected(&self) -> bool {
        true
    }
}
