//! Hints that something changed. A ring may be lost, doubled or late: it carries no truth, only saves waiting.

use async_trait::async_trait;
use entity::{ids::TaskId, values::TenantId};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use super::lane::{Hint, Lane};
use crate::store::Committed;

/// One hint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    pub tenant: TenantId,
    pub task: TaskId,
    /// The task has events up to here.
    pub seq: i64,
    /// Steps wait to be claimed.
    #[serde(default)]
    pub ready: bool,
    /// Steps under way were told to stop.
    #[serde(default)]
    pub cancelled: bool,
}

impl Hint for Ring {
    const LANE: &'static str = "doorbell";
}

impl From<&Committed> for Ring {
    fn from(change: &Committed) -> Self {
        Self {
            tenant: change.tenant.clone(),
            task: change.task_id,
            seq: change.seq,
            ready: change.ready,
            cancelled: change.cancelled,
        }
    }
}

/// Carries rings to whoever listens, in this process and, where it can, in others.
#[async_trait]
pub trait Doorbell: Send + Sync {
    /// Tells everyone. Never fails and never waits long: a ring that cannot be sent is dropped, and readers poll.
    async fn ring(&self, ring: Ring);
    /// Rings from now on, from any process. A listener that falls behind loses the oldest.
    fn listen(&self) -> broadcast::Receiver<Ring>;
    /// Whether rings reach other processes right now.
    fn is_connected(&self) -> bool;
}

#[async_trait]
impl<L: Lane<Ring>> Doorbell for L {
    async fn ring(&self, ring: Ring) {
        self.send(ring);
    }

    fn listen(&self) -> broadcast::Receiver<Ring> {
        Lane::listen(self)
    }

    fn is_connected(&self) -> bool {
        Lane::is_connected(self)
    }
}
