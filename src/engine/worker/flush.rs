//! One batch of the pump: what ended, the places it ran in, and who waits to hear of it.

use tokio::sync::oneshot;

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

pub(super) struct Flush {
    shared: Shared,
    pub(super) settlements: Vec<Settlement>,
    /// The places of the settlements, in order, then those for claims.
    pub(super) slots: Vec<Slot>,
    replies: Vec<oneshot::Sender<Reply>>,
}

impl Flush {
    pub(super) fn new(shared: Shared, finished: Vec<Finished>) -> Self {
        let mut flush = Self {
            shared,
            settlements: Vec::with_capacity(finished.len()),
            slots: Vec::with_capacity(finished.len()),
            replies: Vec::with_capacity(finished.len()),
        };
        for one in finished {
            flush.settlements.push(one.settlement);
            flush.slots.push(one.slot);
            flush.replies.push(one.reply);
        }
        flush
    }

    /// Writes the batch with the claims asked for, tells everyone, and starts what was claimed. Answers when to look for
    /// work again, if this was a look.
    pub(super) async fn write(self, asked: Option<ClaimRequest>, lookout: &mut Lookout) -> Option<Look> {
        let store = &self.shared.worker.store;
        match store.settle_steps(&self.settlements, asked.as_ref()).await {
            Ok(settled) => {
                let look = asked
                    .filter(|asked| asked.from_queue)
                    .map(|asked| lookout.looked(&asked, &settled));
                self.shared.answer(settled, self.slots, self.replies).await;
                look
            }
            Err(error) => Some(self.refused(&error, lookout).await),
        }
    }

    /// Does what can be done for a batch that the database did not take. Answers when to look for work again.
    async fn refused(self, error: &StoreError, lookout: &mut Lookout) -> Look {
        if self.settlements.len() < 2 || error.is_transient() {
            tracing::warn!(error = %in_one_line(error), "steps cannot be settled or claimed; trying again");
            fail(error, self.slots, self.replies);
            return lookout.failed();
        }
        // One of them is refused: the others must not go down with it.
        tracing::warn!(error = %in_one_line(error), "a batch was refused; its steps are settled one by one");
        let settled = self.settlements.into_iter().zip(self.slots).zip(self.replies);
        for ((settlement, slot), reply) in settled {
            self.shared.settle_alone(settlement, slot, reply).await;
        }
        Look::Now
    }
}

impl Shared {
    async fn settle_alone(&self, settlement: Settlement, slot: Slot, reply: oneshot::Sender<Reply>) {
        let alone = std::slice::from_ref(&settlement);
        match self.worker.store.settle_steps(alone, None).await {
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

    /// Tells everyone what was committed, and starts what was claimed.
    async fn answer(&self, settled: Settled, slots: Vec<Slot>, replies: Vec<oneshot::Sender<Reply>>) {
        for (reply, verdict) in replies.into_iter().zip(settled.verdicts) {
            // A step that was told to stop meanwhile no longer waits for it.
            let _ = reply.send(Reply::Settled(verdict));
        }
        let (spare, common): (Vec<Slot>, Vec<Slot>) = slots.into_iter().partition(Slot::is_spare);
        self.start_all(settled.claims, common.into_iter().chain(spare));
        self.worker.feed.announce_all(&settled.changed).await;
    }
}

/// How many of the places are for everyone.
pub(super) fn common(slots: &[Slot]) -> usize {
    slots.iter().filter(|slot| !slot.is_spare()).count()
}

fn fail(error: &StoreError, slots: Vec<Slot>, replies: Vec<oneshot::Sender<Reply>>) {
    let is_transient = error.is_transient();
    for (reply, slot) in replies.into_iter().zip(slots) {
        let _ = reply.send(Reply::Failed { is_transient, slot });
    }
}
