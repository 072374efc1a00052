//! The settler: what ended while the last commit was under way is written in the next one. A step that another was waiting
//! for is followed by it in the same place and transaction, unless the queue has steps that came first.
//!
//! A worker has one: two were measured, and halved their batches for no more steps per second.

use std::sync::atomic::Ordering;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{Shared, slots::Slot};
use crate::{
    domain::causes::in_one_line,
    store::{
        StoreError,
        steps::{ClaimRequest, Settled, Settlement, Verdict},
    },
};

/// Settlements in one transaction at most.
const MOST: usize = 256;

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

pub(super) struct Settler {
    shared: Shared,
    inbox: mpsc::Receiver<Finished>,
}

impl Settler {
    pub(super) fn new(shared: Shared, inbox: mpsc::Receiver<Finished>) -> Self {
        Self { shared, inbox }
    }

    /// Settles until `done`; hands steps on until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken, done: CancellationToken) {
        loop {
            let mut finished = Vec::new();
            tokio::select! {
                biased;
                _ = self.inbox.recv_many(&mut finished, MOST) => {}
                () = done.cancelled() => return,
            }
            // What others are about to send belongs into the same commit.
            tokio::task::yield_now().await;
            while finished.len() < MOST
                && let Ok(more) = self.inbox.try_recv()
            {
                finished.push(more);
            }
            self.flush(finished, &stop).await;
        }
    }

    /// Writes what ended.
    async fn flush(&self, finished: Vec<Finished>, stop: &CancellationToken) {
        let _claiming = self.shared.claiming.read().await;
        let (settlements, slots, replies) = unpack(finished);
        let request = self.hand_off(&slots, stop);
        let store = &self.shared.worker.store;
        match store.settle_steps(&settlements, request.as_ref()).await {
            Ok(settled) => self.answer(settled, slots, replies).await,
            Err(error) if settlements.len() > 1 && !error.is_transient() => {
                // One of them is refused: the others must not go down with it.
                tracing::warn!(error = %in_one_line(&error), "a batch was refused; its steps are settled one by one");
                for ((settlement, slot), reply) in settlements.into_iter().zip(slots).zip(replies) {
                    self.flush_one(settlement, slot, reply).await;
                }
            }
            Err(error) => {
                tracing::warn!(error = %in_one_line(&error), "the ends of steps cannot be written; trying again");
                fail(&error, slots, replies);
            }
        }
    }

    async fn flush_one(&self, settlement: Settlement, slot: Slot, reply: oneshot::Sender<Reply>) {
        let alone = std::slice::from_ref(&settlement);
        match self.shared.worker.store.settle_steps(alone, None).await {
            Ok(settled) => self.answer(settled, vec![slot], vec![reply]).await,
            Err(error) => {
                tracing::error!(
                    step.id = %settlement.claim.step.id,
                    error = %in_one_line(&error),
                    "the end of a step could not be written"
                );
                fail(&error, vec![slot], vec![reply]);
            }
        }
    }

    /// What the freed places may take on at once.
    fn hand_off(&self, slots: &[Slot], stop: &CancellationToken) -> Option<ClaimRequest> {
        let common = slots.iter().filter(|slot| !slot.is_spare()).count();
        if common == 0 || stop.is_cancelled() || self.shared.backlog.load(Ordering::Relaxed) {
            return None;
        }
        let settings = &self.shared.worker.settings;
        let mut request = ClaimRequest::new(settings.worker_id.clone(), common, settings.lease);
        request.from_queue = false;
        Some(request)
    }

    /// Tells everyone what was committed, and starts what was handed on.
    async fn answer(&self, settled: Settled, slots: Vec<Slot>, replies: Vec<oneshot::Sender<Reply>>) {
        for (reply, verdict) in replies.into_iter().zip(settled.verdicts) {
            // A step that was told to stop meanwhile no longer waits for it.
            let _ = reply.send(Reply::Settled(verdict));
        }
        let common = slots.into_iter().filter(|slot| !slot.is_spare()).collect();
        self.shared.start_all(settled.claims, common);
        self.shared.worker.feed.announce_all(&settled.changed).await;
    }
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
