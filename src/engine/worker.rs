//! The loop of a worker: wait for room, claim, run, and wait for more.

use crate::domain::causes::in_one_line;
use std::sync::Arc;

use tokio::sync::{Semaphore, broadcast};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Engine,
    held::{HeldSteps, Interruption},
};
use crate::{feed::doorbell::Ring, store::StoreError};

impl Engine {
    /// Works until `stop`, then lets what is under way finish within the drain time and gives the rest back.
    pub async fn run(self, stop: CancellationToken) {
        tracing::info!(worker = %self.settings.worker_id, concurrency = self.settings.concurrency, "worker started");
        let held = HeldSteps::default();
        let background = CancellationToken::new();
        let loops = TaskTracker::new();
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
        loops.close();
        let running = TaskTracker::new();
        self.claim_and_run(&held, &running, &stop).await;
        self.drain(&held, &running).await;
        background.cancel();
        loops.wait().await;
        tracing::info!(worker = %self.settings.worker_id, "worker stopped");
    }

    /// Claims until `stop`. Only the waits are broken off: a claim that was given up halfway may have been committed,
    /// and its steps would lie until their lease runs out.
    async fn claim_and_run(&self, held: &HeldSteps, running: &TaskTracker, stop: &CancellationToken) {
        let permits = Arc::new(Semaphore::new(self.settings.concurrency));
        let mut rings = self.feed.listen();
        while !stop.is_cancelled() {
            // Room first: what is claimed runs at once.
            let room = stop
                .run_until_cancelled(Arc::clone(&permits).acquire_owned())
                .await;
            let Some(Ok(first)) = room else { return };
            let batch = (permits.available_permits() + 1).min(self.settings.claim_batch);
            let claimed = match self
                .store
                .claim_steps(&self.settings.worker_id, batch as u64, self.settings.lease)
                .await
            {
                Ok(claimed) => claimed,
                Err(error) => {
                    warn_of(&error);
                    drop(first);
                    stop.run_until_cancelled(tokio::time::sleep(self.settings.poll))
                        .await;
                    continue;
                }
            };
            for change in &claimed.changed {
                self.feed.announce(change).await;
            }
            let full = claimed.claims.len() == batch;
            let mut permit = Some(first);
            for claim in claimed.claims {
                let Some(permit) = permit
                    .take()
                    .or_else(|| Arc::clone(&permits).try_acquire_owned().ok())
                else {
                    // Cannot happen: a batch is never larger than the permits that are free.
                    tracing::error!(step.id = %claim.step.id, "no permit for a claimed step; its lease will run out");
                    continue;
                };
                let (engine, hold) = (self.clone(), held.add(&claim));
                running.spawn(async move {
                    engine.execute(claim, hold).await;
                    drop(permit);
                });
            }
            drop(permit);
            if !full {
                stop.run_until_cancelled(self.wait_for_work(&mut rings)).await;
            }
        }
    }

    /// Until the doorbell says that steps are ready, or the poll interval is over.
    async fn wait_for_work(&self, rings: &mut broadcast::Receiver<Ring>) {
        let ready = async {
            loop {
                match rings.recv().await {
                    Ok(ring) if ring.ready => return,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => return,
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        let _ = tokio::time::timeout(self.settings.poll, ready).await;
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

fn warn_of(error: &StoreError) {
    tracing::warn!(
        error = %in_one_line(error),
        "steps cannot be claimed; trying again"
    );
}
