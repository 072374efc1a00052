//! The steps this worker holds, and how to reach each while it runs.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entity::ids::{StepId, TaskId};
use tokio::sync::watch;

use crate::store::steps::Claim;

/// Why a running step must stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interruption {
    /// Its claim no longer holds.
    Lost,
    /// Its task is being cancelled.
    Cancelled,
    /// The worker stops: another will go on.
    Draining,
}

/// Everything held right now.
#[derive(Clone, Default)]
pub(super) struct HeldSteps(Arc<Mutex<HashMap<StepId, Held>>>);

struct Held {
    claim: Claim,
    interrupt: watch::Sender<Option<Interruption>>,
}

/// Told when its step must stop; forgets the step when dropped.
pub(super) struct Hold {
    held: HeldSteps,
    step: StepId,
    epoch: i64,
    interrupted: watch::Receiver<Option<Interruption>>,
}

impl HeldSteps {
    fn lock(&self) -> MutexGuard<'_, HashMap<StepId, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a claim.
    pub(super) fn add(&self, claim: &Claim) -> Hold {
        let (interrupt, interrupted) = watch::channel(None);
        self.lock().insert(claim.step.id, Held { claim: claim.clone(), interrupt });
        Hold { held: self.clone(), step: claim.step.id, epoch: claim.step.epoch, interrupted }
    }

    /// All claims held.
    pub(super) fn claims(&self) -> Vec<Claim> {
        self.lock().values().map(|held| held.claim.clone()).collect()
    }

    /// Stops one step.
    pub(super) fn interrupt(&self, step: StepId, why: Interruption) {
        if let Some(held) = self.lock().get(&step) {
            held.interrupt.send_replace(Some(why));
        }
    }

    /// Stops every step of a task.
    pub(super) fn interrupt_task(&self, task: TaskId, why: Interruption) {
        for held in self.lock().values().filter(|held| held.claim.task.id == task) {
            held.interrupt.send_replace(Some(why));
        }
    }

    /// Stops everything.
    pub(super) fn interrupt_all(&self, why: Interruption) {
        for held in self.lock().values() {
            held.interrupt.send_replace(Some(why));
        }
    }
}

impl Hold {
    /// Waits until the step must stop.
    pub(super) async fn interrupted(&mut self) -> Interruption {
        match self.interrupted.wait_for(Option::is_some).await {
            Ok(why) => why.unwrap_or(Interruption::Lost),
            // The entry was replaced: this claim is not the latest.
            Err(_) => Interruption::Lost,
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut held = self.held.lock();
        if held.get(&self.step).is_some_and(|held| held.claim.step.epoch == self.epoch) {
            held.remove(&self.step);
        }
    }
}
