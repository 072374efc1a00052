//! The claimer: takes ready steps from the queue for the places that are free. It looks when the doorbell rings, when the
//! next step is due, when a place becomes free that somebody waits for, and every poll interval.

use std::{sync::atomic::Ordering, time::Duration};

use entity::values::Owner;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::Shared;
use crate::{
    domain::causes::in_one_line,
    feed::doorbell::Ring,
    store::{Store, steps::ClaimRequest},
};

/// How soon to look again when rows were skipped because others held them.
const SKIPPED: Duration = Duration::from_millis(20);

pub(super) struct Claimer {
    shared: Shared,
    rings: broadcast::Receiver<Ring>,
    /// The owner that was served last.
    served: Option<Owner>,
}

/// When to look again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// There may be more, and room for it.
    Now,
    /// There may be more than there are places for.
    WhenFreed,
    /// Nothing was left.
    Later,
}

impl Claimer {
    pub(super) fn new(shared: Shared) -> Self {
        Self {
            rings: shared.worker.feed.listen(),
            shared,
            served: None,
        }
    }

    /// Claims until `stop`. Only the waits are broken off: a claim that was given up halfway may have been committed, and
    /// its steps would lie until their lease runs out.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let look = self.claim(&stop).await;
            if look != Look::Now {
                stop.run_until_cancelled(self.wait(look)).await;
            }
        }
    }

    /// Claims for all free places; with none left, for owners that have nothing running here.
    async fn claim(&mut self, stop: &CancellationToken) -> Look {
        let shared = self.shared.clone();
        let _claiming = shared.claiming.read().await;
        if stop.is_cancelled() {
            return Look::Later;
        }
        let settings = &shared.worker.settings;
        let mut slots = shared.slots.take(settings.claim_batch);
        let is_full = slots.is_empty();
        if is_full {
            // Somebody may be waiting: what is freed goes through the queue until it was seen to be empty.
            shared.backlog.store(true, Ordering::Relaxed);
            slots = shared.slots.take_spare(settings.claim_batch);
            if slots.is_empty() {
                return Look::WhenFreed;
            }
        }
        let mut request = ClaimRequest::new(settings.worker_id.clone(), slots.len(), settings.lease);
        request.after = self.served.clone();
        if is_full {
            request.except = shared.held.owners();
        }
        let settled = match shared.worker.store.settle_steps(&[], Some(&request)).await {
            Ok(settled) => settled,
            Err(error) => {
                tracing::warn!(error = %in_one_line(&error), "steps cannot be claimed; trying again");
                return Look::Later;
            }
        };
        if settled.served.is_some() {
            self.served = settled.served.clone().filter(|_| !settled.exhausted);
        }
        if !is_full {
            shared.backlog.store(!settled.exhausted, Ordering::Relaxed);
        }
        shared.start_all(settled.claims, slots);
        shared.worker.feed.announce_all(&settled.changed).await;
        match (is_full, settled.exhausted) {
            (true, _) => Look::WhenFreed,
            (false, true) => Look::Later,
            (false, false) => Look::Now,
        }
    }

    /// Until the doorbell says that steps are ready, a place is free or the next step is due, or the poll interval is
    /// over.
    async fn wait(&mut self, look: Look) {
        let worker = &self.shared.worker;
        let (poll, store, slots) = (worker.settings.poll, &worker.store, &self.shared.slots);
        let more = async {
            if look == Look::WhenFreed {
                slots.freed().await;
            } else {
                tokio::time::sleep(until_due(store).await.unwrap_or(poll)).await;
            }
        };
        tokio::select! {
            () = rung(&mut self.rings) => {}
            _ = tokio::time::timeout(poll, more) => {}
        }
    }
}

/// Until the next step is due; None if none waits.
async fn until_due(store: &Store) -> Option<Duration> {
    let (due, now) = store.next_ready().await.ok().flatten()?;
    if due <= now {
        return Some(SKIPPED);
    }
    u64::try_from(due.0 - now.0).ok().map(Duration::from_millis)
}

/// Until the doorbell says that steps are ready.
async fn rung(rings: &mut broadcast::Receiver<Ring>) {
    loop {
        match rings.recv().await {
            Ok(ring) if ring.ready => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
