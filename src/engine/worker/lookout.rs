//! The lookout: knows when to look into the queue for steps, and where the last look ended.

use std::time::Duration;

use entity::values::Owner;
use tokio::{sync::broadcast, time::Instant};

use super::{Shared, slots::Slots};
use crate::{
    feed::doorbell::Ring,
    store::{
        Store,
        steps::{ClaimRequest, Settled},
    },
};

/// How soon to look again when rows were skipped because others held them.
const SKIPPED: Duration = Duration::from_millis(20);

/// When to look next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Something may be there.
    Now,
    /// There may be more than there are places for.
    WhenFreed,
    /// Nothing was left at the last look.
    Later,
    /// The last look failed.
    AfterPause,
}

pub(super) struct Lookout {
    rings: broadcast::Receiver<Ring>,
    store: Store,
    slots: Slots,
    poll: Duration,
    looked: Instant,
    /// When the next step is due, once that was asked after the last look.
    due: Option<Instant>,
    /// The owner that was served last; None at the beginning of a round.
    served: Option<Owner>,
}

impl Lookout {
    pub(super) fn new(shared: &Shared) -> Self {
        let worker = &shared.worker;
        Self {
            rings: worker.feed.listen(),
            store: worker.store.clone(),
            slots: shared.slots.clone(),
            poll: worker.settings.poll,
            looked: Instant::now(),
            due: None,
            served: None,
        }
    }

    /// Notes what a look brought.
    pub(super) fn looked(&mut self, asked: &ClaimRequest, settled: &Settled) -> Look {
        self.looked = Instant::now();
        self.due = None;
        if settled.served.is_some() {
            self.served = settled.served.clone().filter(|_| !settled.exhausted);
        }
        // A look past some owners says nothing of theirs.
        if settled.exhausted && asked.except.is_empty() {
            Look::Later
        } else {
            Look::WhenFreed
        }
    }

    /// Notes that a look failed: the next one comes after a poll interval.
    pub(super) fn failed(&mut self) -> Look {
        self.looked = Instant::now();
        Look::AfterPause
    }

    /// Whom the last look served last.
    pub(super) fn served(&self) -> Option<Owner> {
        self.served.clone()
    }

    /// Whether the doorbell has rung, a step is due, or the last look is too long ago; after a failure, only the last.
    pub(super) fn is_time(&mut self, look: Look) -> bool {
        let now = Instant::now();
        let is_long_ago = now - self.looked >= self.poll;
        if look == Look::AfterPause {
            return is_long_ago;
        }
        let mut rung = look == Look::Now || is_long_ago || self.due.is_some_and(|due| due <= now);
        loop {
            match self.rings.try_recv() {
                Ok(ring) => rung |= ring.ready,
                Err(broadcast::error::TryRecvError::Lagged(_)) => rung = true,
                Err(_) => return rung,
            }
        }
    }

    /// Until the doorbell says that steps are ready, the next one is due, a place is free for what was seen, or the poll
    /// interval is over. After a failure, only the last.
    pub(super) async fn wait(&mut self, look: Look) {
        let (poll, looked, store, slots) = (self.poll, self.looked, &self.store, &self.slots);
        let due = &mut self.due;
        let more = async {
            match look {
                Look::Now => {}
                Look::WhenFreed => slots.freed().await,
                Look::Later => {
                    if due.is_none() {
                        tokio::time::sleep_until(looked + SKIPPED).await;
                        *due = Some(Instant::now() + until_due(store).await.unwrap_or(poll));
                    }
                    if let Some(due) = *due {
                        tokio::time::sleep_until(due).await;
                    }
                }
                Look::AfterPause => tokio::time::sleep_until(looked + poll).await,
            }
        };
        // Also when all places are taken: there are spare ones.
        tokio::select! {
            () = rung(&mut self.rings), if look != Look::AfterPause => {}
            _ = tokio::time::timeout(poll, more) => {}
        }
    }
}

/// Until the next step is due; None if none waits.
async fn until_due(store: &Store) -> Option<Duration> {
    let (due, now) = store.next_ready().await.ok().flatten()?;
    u64::try_from((due.0 - now.0).max(0))
        .ok()
        .map(Duration::from_millis)
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
