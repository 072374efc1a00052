//! A worker: holds steps, has them carried out, and writes down how they ended.
//!
//! [`pump`] takes steps and writes what ended, in batches ([`flush`]), and [`lookout`] says when there may be some;
//! [`execute`] runs one; [`slots`] bound how many run; [`held`] reaches a step while it runs; [`heartbeat`] keeps its lease; [`rescue`]
//! takes back what others lost.

mod execute;
mod flush;
mod heartbeat;
mod held;
mod lookout;
mod pump;
mod rescue;
mod slots;

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{RwLock, broadcast, mpsc},
    task::JoinSet,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    flush::Finished,
    held::{HeldSteps, Interruption},
    pump::Pump,
    slots::{Slot, Slots},
};
use super::work::Work;
use crate::{
    domain::retry::Backoff,
    feed::Feed,
    store::{Store, steps::Claim},
};

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// Names this process in attempts and leases.
    pub worker_id: String,
    /// Steps at once. A quarter more may run for owners that would have none.
    pub concurrency: usize,
    /// Steps taken in one claim.
    pub claim_batch: usize,
    pub lease: Duration,
    pub heartbeat: Duration,
    /// How long to wait for the doorbell before looking for steps anyway.
    pub poll: Duration,
    /// How long one attempt may take.
    pub step_timeout: Duration,
    pub backoff: Backoff,
    /// How long steps under way may go on after a stop was asked for.
    pub drain: Duration,
}

/// The worker came to a fault of this program. The log has more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the worker broke down; the log has more")]
pub struct WorkerFailed;

/// Claims steps and has them carried out. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    pub store: Store,
    pub feed: Feed,
    pub work: Arc<dyn Work>,
    pub settings: Arc<WorkerSettings>,
}

/// What claiming, running and settling share.
#[derive(Clone)]
struct Shared {
    worker: Worker,
    held: HeldSteps,
    slots: Slots,
    running: TaskTracker,
    /// Held for reading while steps are claimed and started, so that a worker that stops knows all it holds.
    claiming: Arc<RwLock<()>>,
    inbox: mpsc::Sender<Finished>,
}

impl Shared {
    /// Starts what was claimed, each in a place of its own. Places that are left are free again.
    fn start_all(&self, claims: Vec<Claim>, mut slots: impl Iterator<Item = Slot>) {
        for claim in claims {
            let Some(mut slot) = slots.next() else {
                // Cannot happen: no more is asked for than there are places.
                tracing::error!(step.id = %claim.step.id, "no place for a claimed step; its lease will run out");
                continue;
            };
            slot.occupy();
            let hold = self.held.add(&claim);
            let shared = self.clone();
            self.running
                .spawn(async move { shared.execute(claim, hold, slot).await });
        }
    }
}

impl Worker {
    /// Works until `stop`, then lets what is under way finish within the drain time and gives the rest back. Fails only by
    /// a fault of this program: a worker that can no longer claim must not go on keeping its leases, nor one that no longer
    /// keeps them go on losing steps. However it ends, `stop` is cancelled then.
    pub async fn run(self, stop: CancellationToken) -> Result<(), WorkerFailed> {
        let _stops = stop.clone().drop_guard();
        tracing::info!(worker = %self.settings.worker_id, concurrency = self.settings.concurrency, "worker started");
        let held = HeldSteps::default();
        let background = CancellationToken::new();
        let mut loops = JoinSet::new();
        loops.spawn(
            background
                .clone()
                .run_until_cancelled_owned(self.clone().keep_leases(held.clone())),
        );
        loops.spawn(
            background
                .clone()
                .run_until_cancelled_owned(self.clone().hear_cancels(held.clone())),
        );
        loops.spawn(stop.clone().run_until_cancelled_owned(self.clone().rescue()));
        let running = TaskTracker::new();
        let done = CancellationToken::new();
        let claiming = Arc::new(RwLock::new(()));
        let (shared, outlet) = self.shared(&held, &running, &claiming);
        let mut pump = tokio::spawn(Pump::new(shared, outlet).run(stop.clone(), done.clone()));
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => {
                drop(claiming.write().await);
                self.drain(&held, &running).await;
                done.cancel();
                pump.await.map_err(|_panic| WorkerFailed)
            }
            // None of them ends by itself.
            () = async { tokio::select! { _ = &mut pump => {} _ = loops.join_next() => {} } } => {
                tracing::error!("the worker broke down; giving its steps back");
                // Nothing more is claimed or handed on: it would run without anybody to keep its lease.
                stop.cancel();
                drop(claiming.write().await);
                held.interrupt_all(Interruption::Draining);
                running.close();
                // A step that waits to be settled may wait in vain: its lease runs out.
                let _ = tokio::time::timeout(self.settings.drain, running.wait()).await;
                done.cancel();
                Err(WorkerFailed)
            }
        };
        background.cancel();
        stop.cancel();
        let mut broke_down = ended.is_err();
        while let Some(ended) = loops.join_next().await {
            // None: it was told to stop. Anything else happened while the worker drained.
            broke_down |= !matches!(ended, Ok(None));
        }
        tracing::info!(worker = %self.settings.worker_id, broke_down, "worker stopped");
        if broke_down { Err(WorkerFailed) } else { Ok(()) }
    }

    fn shared(
        &self,
        held: &HeldSteps,
        running: &TaskTracker,
        claiming: &Arc<RwLock<()>>,
    ) -> (Shared, mpsc::Receiver<Finished>) {
        let (inbox, outlet) = mpsc::channel(self.settings.concurrency * 2);
        let shared = Shared {
            worker: self.clone(),
            held: held.clone(),
            slots: Slots::new(self.settings.concurrency),
            running: running.clone(),
            claiming: Arc::clone(claiming),
            inbox,
        };
        (shared, outlet)
    }

    /// Tells running steps of cancelled tasks to stop, as soon as the doorbell says so.
    async fn hear_cancels(self, held: HeldSteps) {
        let mut rings = self.feed.listen();
        loop {
            match rings.recv().await {
                Ok(ring) if ring.cancelled => held.cancel_task(ring.task, ring.seq),
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    async fn drain(&self, held: &HeldSteps, running: &TaskTracker) {
        running.close();
        if tokio::time::timeout(self.settings.drain, running.wait())
            .await
            .is_err()
        {
            tracing::info!(
                steps = running.len(),
                "giving back the steps that are still running"
            );
            held.interrupt_all(Interruption::Draining);
            running.wait().await;
        }
    }
}
