//! The pump: what ended while the last commit was under way is written in the next one, together with the claims that
//! take the freed places.
//!
//! It also looks for work when the doorbell rings, when the next step is due, and every poll interval. A worker has one:
//! two were measured, and halved their batches for no more steps per second.

use std::{sync::Arc, time::Duration};

use entity::values::Owner;
use tokio::{
    sync::{RwLock, broadcast, mpsc, oneshot},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Worker,
    held::HeldSteps,
    slots::{Slot, Slots},
};
use crate::{
    domain::causes::in_one_line,
    feed::doorbell::Ring,
    store::{
        Store, StoreError,
        steps::{Claim, ClaimRequest, Settled, Settlement, Verdict},
    },
};

/// Settlements in one transaction at most.
const MOST: usize = 256;

/// How soon to look again when rows were skipped because others held them.
const SKIPPED: Duration = Duration::from_millis(20);

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

/// What the pump and the running steps share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) worker: Worker,
    pub(super) held: HeldSteps,
    pub(super) slots: Slots,
    pub(super) running: TaskTracker,
    /// Held for reading while steps are claimed and started, so that a worker that stops knows all it holds.
    pub(super) claiming: Arc<RwLock<()>>,
    pub(super) inbox: mpsc::Sender<Finished>,
}

pub(super) struct Pump {
    shared: Shared,
    inbox: mpsc::Receiver<Finished>,
    lookout: Lookout,
    served: Option<Owner>,
    look: Look,
}

/// Knows when to look for work.
struct Lookout {
    rings: broadcast::Receiver<Ring>,
    store: Store,
    slots: Slots,
    poll: Duration,
    looked: Instant,
}

/// What is known of the queue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Something may be there.
    Now,
    /// There was more than there were places for.
    WhenFreed,
    /// Nothing was left at the last look.
    Later,
}

impl Pump {
    pub(super) fn new(shared: Shared, inbox: mpsc::Receiver<Finished>) -> Self {
        let worker = &shared.worker;
        Self {
            lookout: Lookout {
                rings: worker.feed.listen(),
                store: worker.store.clone(),
                slots: shared.slots.clone(),
                poll: worker.settings.poll,
                looked: Instant::now(),
            },
            look: Look::Now,
            shared,
            inbox,
            served: None,
        }
    }

    /// Claims until `stop`, settles until `done`.
    pub(super) async fn run(mut self, stop: CancellationToken, done: CancellationToken) {
        let mut finished = Vec::new();
        loop {
            if self.look != Look::Now || stop.is_cancelled() {
                let (look, lookout) = (self.look, &mut self.lookout);
                tokio::select! {
                    biased;
                    _ = self.inbox.recv_many(&mut finished, MOST) => {}
                    () = done.cancelled() => return,
                    () = lookout.wait(look), if !stop.is_cancelled() => self.look = Look::Now,
                    () = stop.cancelled(), if !stop.is_cancelled() => continue,
                }
            }
            // What others are about to send belongs into the same commit.
            tokio::task::yield_now().await;
            while finished.len() < MOST
                && let Ok(more) = self.inbox.try_recv()
            {
                finished.push(more);
            }
            self.flush(std::mem::take(&mut finished), &stop).await;
        }
    }

    /// Writes what ended and claims for the places there are.
    async fn flush(&mut self, finished: Vec<Finished>, stop: &CancellationToken) {
        let claiming = Arc::clone(&self.shared.claiming);
        let _claiming = claiming.read().await;
        let (settlements, mut slots, replies) = unpack(finished);
        let asked = self.request(&mut slots, stop);
        if settlements.is_empty() && asked.is_none() {
            self.look = Look::WhenFreed;
            return;
        }
        let shared = &self.shared;
        match shared
            .worker
            .store
            .settle_steps(&settlements, asked.as_ref())
            .await
        {
            Ok(settled) => {
                if asked.is_some_and(|asked| asked.from_queue) {
                    self.look = if settled.exhausted {
                        Look::Later
                    } else {
                        Look::WhenFreed
                    };
                    self.served = settled.served.clone().filter(|_| !settled.exhausted);
                    self.lookout.looked = Instant::now();
                }
                self.announce(settled, slots, replies).await;
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
                self.look = Look::Later;
                if settlements.is_empty() {
                    let until = Instant::now() + shared.worker.settings.poll;
                    stop.run_until_cancelled(tokio::time::sleep_until(until)).await;
                }
            }
        }
    }

    async fn flush_one(&self, settlement: Settlement, slot: Vec<Slot>, reply: oneshot::Sender<Reply>) {
        let alone = std::slice::from_ref(&settlement);
        match self.shared.worker.store.settle_steps(alone, None).await {
            Ok(settled) => self.announce(settled, slot, vec![reply]).await,
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
        let is_time = self.look == Look::Now || self.lookout.is_time();
        let freed = slots.iter().filter(|slot| !slot.is_spare()).count();
        if is_time {
            slots.extend(self.shared.slots.take(settings.claim_batch.saturating_sub(freed)));
        }
        let common = slots.iter().filter(|slot| !slot.is_spare()).count();
        let mut request = ClaimRequest::new(settings.worker_id.clone(), common, settings.lease);
        request.after = self.served.clone();
        request.from_queue = is_time || self.look == Look::WhenFreed;
        if common > 0 {
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
    async fn announce(&self, settled: Settled, slots: Vec<Slot>, replies: Vec<oneshot::Sender<Reply>>) {
        for (reply, verdict) in replies.into_iter().zip(settled.verdicts) {
            // A step that was told to stop meanwhile no longer waits for it.
            let _ = reply.send(Reply::Settled(verdict));
        }
        let (spare, common): (Vec<Slot>, Vec<Slot>) = slots.into_iter().partition(Slot::is_spare);
        let mut slots = common.into_iter().chain(spare);
        for claim in settled.claims {
            self.start(claim, slots.next());
        }
        drop(slots);
        self.shared.worker.feed.announce_all(&settled.changed).await;
    }

    fn start(&self, claim: Claim, slot: Option<Slot>) {
        let Some(slot) = slot else {
            // Cannot happen: no more is asked for than there are places.
            tracing::error!(step.id = %claim.step.id, "no place for a claimed step; its lease will run out");
            return;
        };
        let hold = self.shared.held.add(&claim);
        let shared = self.shared.clone();
        self.shared
            .running
            .spawn(async move { shared.execute(claim, hold, slot).await });
    }
}

impl Lookout {
    /// Whether the doorbell has rung, or it was too long ago.
    fn is_time(&mut self) -> bool {
        let mut rung = self.looked.elapsed() >= self.poll;
        loop {
            match self.rings.try_recv() {
                Ok(ring) => rung |= ring.ready,
                Err(broadcast::error::TryRecvError::Lagged(_)) => rung = true,
                Err(_) => return rung,
            }
        }
    }

    /// Until the doorbell says that steps are ready, the next one is due, a place is free for what was seen, or the poll
    /// interval is over.
    async fn wait(&mut self, look: Look) {
        let Self {
            rings,
            store,
            slots,
            poll,
            ..
        } = self;
        let more = async {
            if look == Look::WhenFreed {
                slots.freed().await;
            } else {
                tokio::time::sleep(until_due(store).await.unwrap_or(*poll)).await;
            }
        };
        // Also when all places are taken: there are spare ones.
        tokio::select! {
            () = rung(rings) => {}
            _ = tokio::time::timeout(*poll, more) => {}
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
