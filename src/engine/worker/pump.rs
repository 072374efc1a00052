//! The pump: what ended while the last batch was under way goes into the next one, together with the claims that take
//! the freed places.
//!
//! It also looks for work when the doorbell rings, when the next step is due, and every poll interval. A worker has one:
//! two were measured, and halved their batches for no more steps per second. While one batch is written, the next one is
//! staged.

use std::sync::Arc;

use tokio::{
    sync::mpsc,
    task::{JoinError, JoinHandle},
};
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
    /// The batch that is being written; answers when to look again if that is not as the look itself said.
    writing: Option<JoinHandle<Option<Look>>>,
}

impl Pump {
    pub(super) fn new(shared: Shared, inbox: mpsc::Receiver<Finished>) -> Self {
        Self {
            lookout: Lookout::new(&shared),
            look: Look::Now,
            shared,
            inbox,
            writing: None,
        }
    }

    /// Claims until `stop`, settles until `done`. Only the waits are broken off: a transaction that was given up halfway
    /// may have been committed, and its steps would lie until their lease runs out. Fails if writing a batch panics.
    pub(super) async fn run(
        mut self,
        stop: CancellationToken,
        done: CancellationToken,
    ) -> Result<(), JoinError> {
        let mut finished = Vec::new();
        loop {
            if self.look != Look::Now || stop.is_cancelled() {
                let (look, lookout, writing) = (self.look, &mut self.lookout, &mut self.writing);
                tokio::select! {
                    biased;
                    _ = self.inbox.recv_many(&mut finished, MOST) => {}
                    () = done.cancelled() => return self.written().await,
                    () = stop.cancelled(), if !stop.is_cancelled() => continue,
                    ended = written(writing), if writing.is_some() => {
                        self.look = ended?.unwrap_or(look);
                        continue;
                    }
                    () = lookout.wait(look), if !stop.is_cancelled() => self.look = Look::Now,
                }
            }
            self.gather(&mut finished).await;
            self.flush(std::mem::take(&mut finished), &stop).await?;
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

    /// Stages what ended, with claims for the places there are, and has it written beside the next.
    async fn flush(&mut self, finished: Vec<Finished>, stop: &CancellationToken) -> Result<(), JoinError> {
        let claiming = Arc::clone(&self.shared.claiming).read_owned().await;
        let mut flush = Flush::new(self.shared.clone(), claiming, finished);
        let asked = self.request(&mut flush.slots, stop);
        if flush.settlements.is_empty() && asked.is_none() {
            self.look = Look::WhenFreed;
            return Ok(());
        }
        let store = &self.shared.worker.store;
        let staged = store.stage_steps(&flush.settlements, asked.as_ref()).await;
        self.written().await?;
        match staged {
            Ok(staged) => {
                if let Some(asked) = asked.filter(|asked| asked.from_queue) {
                    self.look = self.lookout.looked(&asked, &staged);
                }
                self.writing = Some(tokio::spawn(flush.commit(staged)));
            }
            Err(error) => self.look = flush.refused(&error).await,
        }
        Ok(())
    }

    /// Until the last batch is written.
    async fn written(&mut self) -> Result<(), JoinError> {
        self.look = written(&mut self.writing).await?.unwrap_or(self.look);
        Ok(())
    }

    /// What to ask for: steps for the places just freed, and, when it is time to look, for all that are free. With no
    /// common place left, steps of owners that have none running here.
    fn request(&mut self, slots: &mut Vec<Slot>, stop: &CancellationToken) -> Option<ClaimRequest> {
        if stop.is_cancelled() {
            return None;
        }
        let settings = &self.shared.worker.settings;
        let is_time = self.look == Look::Now || (self.look != Look::AfterPause && self.lookout.is_time());
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

/// Until a batch is written, if one is.
async fn written(writing: &mut Option<JoinHandle<Option<Look>>>) -> Result<Option<Look>, JoinError> {
    let Some(ended) = writing else { return Ok(None) };
    let ended = ended.await;
    *writing = None;
    ended
}
