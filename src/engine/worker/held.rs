//! The steps this worker holds, and how to reach each while it runs.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use entity::{
    ids::{StepId, TaskId},
    values::Owner,
};
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

/// Tasks whose cancelling is remembered, for claims that were on their way when it was told.
const REMEMBERED: usize = 1_024;

/// Everything held right now.
#[derive(Clone, Default)]
pub(super) struct HeldSteps(Arc<Mutex<Holding>>);

#[derive(Default)]
struct Holding {
    steps: HashMap<StepId, Held>,
    /// The tasks and the events up to which they are cancelled, latest last. A claim made after a retry has a later one.
    cancelled: VecDeque<(TaskId, i64)>,
}

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
    fn lock(&self) -> MutexGuard<'_, Holding> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a claim.
    pub(super) fn add(&self, claim: &Claim) -> Hold {
        let mut holding = self.lock();
        let is_cancelled = holding
            .cancelled
            .iter()
            .any(|(task, seq)| *task == claim.task.id && claim.task.event_seq < *seq);
        let told = is_cancelled.then_some(Interruption::Cancelled);
        let (interrupt, interrupted) = watch::channel(told);
        holding.steps.insert(
            claim.step.id,
            Held {
                claim: claim.clone(),
                interrupt,
            },
        );
        Hold {
            held: self.clone(),
            step: claim.step.id,
            epoch: claim.step.epoch,
            interrupted,
        }
    }

    /// All claims held.
    pub(super) fn claims(&self) -> Vec<Claim> {
        self.lock()
            .steps
            .values()
            .map(|held| held.claim.clone())
            .collect()
    }

    /// Whose steps are held.
    pub(super) fn owners(&self) -> Vec<Owner> {
        let holding = self.lock();
        let owners: BTreeSet<&Owner> = holding
            .steps
            .values()
            .map(|held| &held.claim.step.owner)
            .collect();
        owners.into_iter().cloned().collect()
    }

    /// Stops the step of a claim, if that is still the one held.
    pub(super) fn interrupt(&self, claim: &Claim, why: Interruption) {
        let holding = self.lock();
        let held = holding.steps.get(&claim.step.id);
        if let Some(held) = held.filter(|held| held.claim.step.epoch == claim.step.epoch) {
            held.interrupt.send_replace(Some(why));
        }
    }

    /// Stops every step of a task that was cancelled by the event `seq`, those about to be entered included.
    pub(super) fn cancel_task(&self, task: TaskId, seq: i64) {
        let mut holding = self.lock();
        let before = |held: &&Held| held.claim.task.id == task && held.claim.task.event_seq < seq;
        for held in holding.steps.values().filter(before) {
            held.interrupt.send_replace(Some(Interruption::Cancelled));
        }
        if holding.cancelled.len() == REMEMBERED {
            holding.cancelled.pop_front();
        }
        holding.cancelled.push_back((task, seq));
    }

    /// Stops everything.
    pub(super) fn interrupt_all(&self, why: Interruption) {
        for held in self.lock().steps.values() {
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
        let mut holding = self.held.lock();
        if holding
            .steps
            .get(&self.step)
            .is_some_and(|held| held.claim.step.epoch == self.epoch)
        {
            holding.steps.remove(&self.step);
        }
    }
}
