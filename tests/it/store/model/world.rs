//! One case: every operation is done to the store and to the reference, and both must give the same answer.

use std::{collections::HashMap, time::Duration};

use agent_orchestrator::store::{
    Store, StoreError,
    steps::{Claim, ClaimRequest},
    tasks::NewTask,
};
use entity::{
    ids::{LlmCallId, StepId, TaskId},
    step,
    values::{NanoUsd, Owner, UserId},
};
use sea_orm::{DatabaseConnection, EntityTrait};

use super::{
    operation::{Ask, MOST_TASKS, Operation, USERS, WORKERS, Who},
    reference::{Place, Reference, Task},
};
use crate::store::{LEASE, new_task, submit, tenant};

/// A claim as its worker keeps it, whether or not it still holds.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) claim: Claim,
    pub(super) place: Place,
    pub(super) worker: usize,
}

pub(super) struct World {
    pub(super) store: Store,
    pub(super) db: DatabaseConnection,
    pub(super) reference: Reference,
    pub(super) tasks: Vec<TaskId>,
    pub(super) places: HashMap<StepId, Place>,
    pub(super) held: Vec<Held>,
    /// Calls under way, by the claim they belong to.
    pub(super) calls: HashMap<(Place, i64), Vec<LlmCallId>>,
    /// A conversation uses none of its places twice.
    pub(super) ordinals: i32,
    /// How many events of each task were compared.
    pub(super) seen: HashMap<TaskId, usize>,
    /// What took hold, by name, to see that the cases are not idle.
    pub(super) tally: HashMap<&'static str, usize>,
}

impl Held {
    pub(super) fn epoch(&self) -> i64 {
        self.claim.step.epoch
    }
}

pub(super) fn owner(user: usize) -> Owner {
    Owner::of(&tenant(), &UserId(USERS[user].to_owned()))
}

pub(super) fn lease(no_lease: bool) -> Duration {
    if no_lease { Duration::ZERO } else { LEASE }
}

pub(super) fn request(ask: &Ask) -> ClaimRequest {
    let mut request = ClaimRequest::new(WORKERS[ask.worker], ask.limit, lease(ask.no_lease));
    request.from_queue = ask.from_queue;
    request.after = ask.after.map(owner);
    request.except = ask.except.map(owner).into_iter().collect();
    request
}

impl World {
    pub(super) fn new(store: Store, db: DatabaseConnection) -> Self {
        Self {
            store,
            db,
            reference: Reference::default(),
            tasks: Vec::new(),
            places: HashMap::new(),
            held: Vec::new(),
            calls: HashMap::new(),
            ordinals: 0,
            seen: HashMap::new(),
            tally: HashMap::new(),
        }
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    pub(super) fn is_live(&self, held: &Held) -> bool {
        self.reference.holds(held.place, held.epoch())
    }

    /// A claim of which this is true besides.
    pub(super) fn pick(&self, who: Who, wanted: impl Fn(&Held) -> bool) -> Option<Held> {
        let fit: Vec<&Held> = self
            .held
            .iter()
            .filter(|held| self.is_live(held) != who.stale && (who.stale || wanted(held)))
            .collect();
        fit.get(who.at.checked_rem(fit.len())?)
            .map(|held| (*held).clone())
    }

    /// Whether a worker that holds its step would do this now.
    fn makes_sense(&self, held: &Held, operation: &Operation) -> bool {
        match operation {
            // Only a step of a cancelled task is told to stop.
            Operation::Stopped { .. } => self.reference.tasks[held.place.task].cancelling,
            Operation::Answer { .. } | Operation::Refuse { .. } => {
                !self.reference.step(held.place).calls.is_empty()
            }
            _ => true,
        }
    }

    pub(super) fn task_mut(&mut self, place: Place) -> &mut Task {
        &mut self.reference.tasks[place.task]
    }

    /// What a worker's write answered, if it took hold; an error if it took hold and should not have, or the reverse.
    pub(super) fn written<T>(
        &mut self,
        held: &Held,
        result: Result<T, StoreError>,
    ) -> Result<Option<T>, String> {
        match (self.is_live(held), result) {
            (true, Ok(answer)) => Ok(Some(answer)),
            (false, Err(StoreError::Fenced(id))) if id == held.claim.step.id => {
                self.count("fenced");
                Ok(None)
            }
            (live, Ok(_)) => Err(format!("a write took hold, and the claim holds: {live}")),
            (live, Err(error)) => Err(format!(
                "the claim holds: {live}, and the write failed: {error:?}"
            )),
        }
    }

    pub(super) async fn apply(&mut self, operation: &Operation) -> Result<(), String> {
        match operation {
            Operation::Submit {
                user,
                priority,
                budget,
                max_attempts,
            } => {
                self.submit(*user, *priority, *budget, *max_attempts).await;
                Ok(())
            }
            Operation::Claim(ask) => self.settle(&[], 0, Some(ask)).await,
            Operation::Settle { who, plan, ask } => self.settle(who, *plan, ask.as_ref()).await,
            Operation::Heartbeat { who, no_lease } => self.heartbeat(who, *no_lease).await,
            Operation::Crash { worker } => self.crash(*worker).await,
            Operation::Rescue => self.rescue().await,
            Operation::Cancel { task } => self.cancel(*task).await,
            Operation::Retry { task } => self.retry(*task).await,
            Operation::Raise { task, by } => self.raise(*task, *by).await,
            Operation::Complete { who, .. }
            | Operation::Fail { who, .. }
            | Operation::Release { who }
            | Operation::Park { who, .. }
            | Operation::Stopped { who }
            | Operation::Expire { who }
            | Operation::Reserve { who, .. }
            | Operation::Answer { who, .. }
            | Operation::Refuse { who }
            | Operation::Pay { who, .. } => match self.pick(*who, |held| self.makes_sense(held, operation)) {
                Some(held) => self.work(&held, operation).await,
                None => Ok(()),
            },
        }
    }

    pub(super) async fn submit(
        &mut self,
        user: usize,
        priority: i32,
        budget: Option<i64>,
        max_attempts: i32,
    ) {
        if self.tasks.len() == MOST_TASKS {
            return;
        }
        let new = NewTask {
            user: UserId(USERS[user].to_owned()),
            priority,
            budget: budget.map(NanoUsd),
            max_attempts,
            ..new_task()
        };
        self.tasks.push(submit(&self.store, new).await);
        self.reference
            .tasks
            .push(Task::new(user, priority, budget, max_attempts));
    }

    /// Which row is which step: by task and key.
    pub(super) async fn learn_steps(&mut self) {
        for row in step::Entity::find().all(&self.db).await.unwrap() {
            let task = self.tasks.iter().position(|task| *task == row.task_id).unwrap();
            let steps = &self.reference.tasks[task].steps;
            let Some(step) = steps.iter().position(|step| step.key == row.key) else {
                continue;
            };
            self.places.insert(row.id, Place { task, step });
        }
    }
}
