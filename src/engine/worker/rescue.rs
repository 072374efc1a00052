//! Taking back the steps of workers that fell silent, and tidying up what they left.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Worker;
use crate::domain::causes::in_one_line;

/// Steps taken back in one round.
const BATCH: u64 = 100;

/// Time between rounds: a lost step waits its lease and at most this long.
const INTERVAL: Duration = Duration::from_millis(500);

/// Drafts removed in one sweep.
const SWEPT: u64 = 500;

/// Time between sweeps. What they remove is in nobody's way.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

impl Worker {
    /// Looks until dropped. Every worker does: whoever comes first wins, under the task's lock.
    pub(super) async fn rescue(self) {
        let (mut round, mut sweep) = (every(INTERVAL), every(SWEEP_INTERVAL));
        loop {
            tokio::select! {
                _ = round.tick() => self.take_back().await,
                _ = sweep.tick() => self.tidy_up().await,
            }
        }
    }

    async fn take_back(&self) {
        match self.store.rescue_steps(BATCH).await {
            Ok(rescued) => self.feed.announce_all(&rescued).await,
            Err(error) => tracing::warn!(error = %in_one_line(&error), "expired leases cannot be looked for"),
        }
    }

    async fn tidy_up(&self) {
        match self.store.sweep_drafts(SWEPT).await {
            Ok(0) => {}
            Ok(drafts) => tracing::debug!(drafts, "removed drafts that nobody needs"),
            Err(error) => tracing::warn!(error = %in_one_line(&error), "drafts cannot be tidied up"),
        }
    }
}

fn every(period: Duration) -> Interval {
    let mut rounds = interval(period);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    rounds
}
