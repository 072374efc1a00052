//! The pump: what ended while the last batch was under way goes into the next one, together with the claims that take
//! the freed places.
//!
//! It also looks for work when the doorbell rings, when the next step is due, and every poll interval. A worker has one,
//! and writes one batch at a time: two pumps, and staging a batch while the one before was written, were measured, and
//! made batches smaller for no more steps per second.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    Shared,
    flush::{Finished, Flush, common},
    lookout::{Look, Lookout},
    slots::Slot,
};
use crate::store::steps::ClaimRequest;

/// Settlements in one transaction at most.
const MOST: usize = 256;

/// Turns of the scheduler without a newcomer after which a batch is closed.
const QUIET_TURNS: u32 = 3;

pub(super) struct Pump {
    shared: Shared,
    inbox: mpsc::Receiver<Finished>,
    lookout: Lookout,
    look: Look,
}

impl Pump {
    pub(super) fn new(shared: Shared, inbox: mpsc::Receiver<Finished>) -> Self {
        Self {
            lookout: Lookout::new(&shared),
            look: Look::Now,
            shared,
            inbox,
        }
    }

    /// Claims until `stop`, settles until `done`. Only the waits are broken off: a transaction that was given up halfway
    /// may have been committed, and its steps would lie until their lease runs out.
    pub(super) async fn run(mut self, stop: CancellationToken, done: CancellationToken) {
        let mut finished = Vec::new();
        loop {
            if self.look != Look::Now || stop.is_cancelled() {
                let (look, lookout) = (self.look, &mut self.lookout);
                tokio::select! {
                    biased;
                    _ = self.inbox.recv_many(&mut finished, MOST) => {}
                    () = done.cancelled() => return,
                    () = stop.cancelled(), if !stop.is_cancelled() => continue,
                    () = lookout.wait(look), if !stop.is_cancelled() => self.look = Look::Now,
                }
            }
            self.gather(&mut finished).await;
            self.flush(std::mem::take(&mut finished), &stop).await;
        }
    }

    /// Takes in what others are about to send: it belongs into the same commit.
    async fn gather(&mut self, finished: &mut Vec<Finished>) {
        let mut quiet = 0;
        while finished.len() < MOST && quiet < QUIET_TURNS {
            tokio::task::yield_now().await;
            quiet += 1;
            while finished.len() < MOST
                && let Ok(more) = self.inbox.try_recv()
            {
                finished.push(more);
                quiet = 0;
            }
        }
    }

    /// Writes what ended, with claims for the places there are.
    async fn flush(&mut self, finished: Vec<Finished>, stop: &CancellationToken) {
        let claiming = Arc::clone(&self.shared.claiming);
        let _claiming = claiming.read().await;
        let mut flush = Flush::new(self.shared.clone(), finished);
        let asked = self.request(&mut flush.slots, stop);
        if flush.settlements.is_empty() && asked.is_none() {
            self.look = Look::WhenFreed;
            return;
        }
        if let Some(look) = flush.write(asked, &mut self.lookout).await {
            self.look = look;
        }
    }

    /// What to ask for: steps for the places just freed, and, when it is time to look, for all that are free. With no
    /// common place left, steps of owners that have none running here.
    fn request(&mut self, slots: &mut Vec<Slot>, stop: &CancellationToken) -> Option<ClaimRequest> {
        if stop.is_cancelled() {
            return None;
        }
        let settings = &self.shared.worker.settings;
        let is_time = self.lookout.is_time(self.look);
        if is_time {
            let most = settings.claim_batch.saturating_sub(common(slots));
            slots.extend(self.shared.slots.take(most));
        }
        let mut request = ClaimRequest::new(settings.worker_id.clone(), common(slots), settings.lease);
        request.after = self.lookout.served();
        request.from_queue = is_time || self.look == Look::WhenFreed;
        if request.limit > 0 {
            return Some(request);
        }
        if !is_time {
            return None;
        }
        let spare = self.shared.slots.take_spare(settings.claim_batch);
        request.limit = spare.len();
        request.except = self.shared.held.owners();
        slots.extend(spare);
        (request.limit > 0).then_some(request)
    }
}
