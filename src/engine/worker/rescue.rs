//! Taking back the steps of workers that fell silent.

use crate::domain::causes::in_one_line;
use std::time::Duration;

use super::Worker;

/// Steps taken back in one round.
const BATCH: u64 = 100;

/// Time between rounds: a lost step waits its lease and at most this long.
const INTERVAL: Duration = Duration::from_millis(500);

impl Worker {
    /// Looks until dropped. Every worker does: whoever comes first wins, under the task's lock.
    pub(super) async fn rescue(self) {
        let mut round = tokio::time::interval(INTERVAL);
        round.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            round.tick().await;
            match self.store.rescue_steps(BATCH).await {
                Ok(rescued) => {
                    self.feed.announce_all(&rescued).await;
                }
                Err(error) => {
                    tracing::warn!(
                        error = %in_one_line(&error),
                        "expired leases cannot be looked for"
                    );
                }
            }
        }
    }
}
