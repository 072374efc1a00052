//! The pump: what ended while the last commit was under way is written in the next one, together with the claims that
//! take the freed places.
//!
//! It also looks for work when the doorbell rings, when the next step is due, and every poll interval. A worker has one:
//! two were measured, and halved their batches for no more steps per second.

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    Shared,
    lookout::{Look, Lookout},
    slots::Slot,
};
use crate::{
    domain::causes::in_one_line,
    store::{
        StoreError,
        steps::{ClaimRequest, Settled, Settlement, Verdict},
    },
};

/// Settlements in one transaction at most.
const MOST: usize = 256;

/// Turns of the scheduler without a newcomer after which a batch is closed.
const QUIET_TURNS: u32 = 3;

/// A step that ended well, on its way to the database, and the place it ran in.
pub(super) struct Finished {
    pub(super) settlement: Settlement,
    pub(super) slot: Slot,
    pub(super) reply: oneshot::Sender<Reply>,
}

/// What became of it.
pub(super) enum Reply {
    /// Stored, or refused because the claim no longer held.
    Settled(Verdict),
    /// The database did not take it; the place is given back.
    Failed { is_transient: bool, slot: Slot },
}

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

    /// Writes what ended and claims for the places there are.
    async fn flush(&mut self, finished: Vec<Finished>, stop: &CancellationToken) {
        let shared = self.shared.clone();
        let _claiming = shared.claiming.read().await;
        let (settlements, mut slots, replies) = unpack(finished);
        let asked = self.request(&mut slots, stop);
        if settlements.is_empty() && asked.is_none() {
            self.look = Look::WhenFreed;
            return;
        }
        let store = &shared.worker.store;
        match store.settle_steps(&settlements, asked.as_ref()).await {
            Ok(settled) => {
                if let Some(asked) = asked.filter(|asked| asked.from_queue) {
                    self.look = self.lookout.looked(&asked, &settled);
                }
                self.answer(settled, slots, replies).await;
            }
            Err(error) if settlements.len() > 1 && !error.is_transient() => {
                // One of them is refused: the others must not go down with it.
                tracing::warn!(error = %in_one_line(&error), "a batch was refused; its steps are settled one by one");
                let mut slots = slots.into_iter();
                for (settlement, reply) in settlements.into_iter().zip(replies) {
                    let slot = slots.next().into_iter().collect();
                    self.flush_one(settlement, slot, reply).await;
                }
                self.look = Look::Now;
            }
            Err(error) => {
                tracing::warn!(error = %in_one_line(&error), "steps cannot be settled or claimed; trying again");
                fail(&error, slots, replies);
                self.look = Look::AfterPause;
            }
        }
    }

    async fn flush_one(&self, settlement: Settlement, slot: Vec<Slot>, reply: oneshot::Sender<Reply>) {
        let alone = std::slice::from_ref(&settlement);
        match self.shared.worker.store.settle_steps(alone, None).await {
            Ok(settled) => self.answer(settled, slot, vec![reply]).await,
            Err(error) => {
                tracing::error!(
                    step.id = %settlement.claim.step.id,
                    error = %in_one_line(&error),
                    "the end of a step could not be written"
                );
                fail(&error, slot, vec![reply]);
            }
        }
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

    /// Tells everyone what was committed, and starts what was claimed.
    async fn answer(&self, settled: Settled, slots: Vec<Slot>, replies: Vec<oneshot::Sender<Reply>>) {
        for (reply, verdict) in replies.into_iter().zip(settled.verdicts) {
            // A step that was told to stop meanwhile no longer waits for it.
            let _ = reply.send(Reply::Settled(verdict));
        }
        let (spare, common): (Vec<Slot>, Vec<Slot>) = slots.into_iter().partition(Slot::is_spare);
        self.shared
            .start_all(settled.claims, common.into_iter().chain(spare));
        self.shared.worker.feed.announce_all(&settled.changed).await;
    }
}

/// How many of the places are for everyone.
fn common(slots: &[Slot]) -> usize {
    slots.iter().filter(|slot| !slot.is_spare()).count()
}

fn unpack(finished: Vec<Finished>) -> (Vec<Settlement>, Vec<Slot>, Vec<oneshot::Sender<Reply>>) {
    let (mut settlements, mut slots, mut replies) = (Vec::new(), Vec::new(), Vec::new());
    for one in finished {
        settlements.push(one.settlement);
        slots.push(one.slot);
        replies.push(one.reply);
    }
    (settlements, slots, replies)
}

fn fail(error: &StoreError, slots: Vec<Slot>, replies: Vec<oneshot::Sender<Reply>>) {
    let is_transient = error.is_transient();
    for (reply, slot) in replies.into_iter().zip(slots) {
        let _ = reply.send(Reply::Failed { is_transient, slot });
    }
}
