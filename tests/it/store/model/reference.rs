//! What the store is to be: tasks, steps, attempts and money as plain values, moved by the rules of the design and of
//! `domain::lifecycle`. It knows no database, no lock and no batch.

use agent_orchestrator::domain::lifecycle::Lifecycle;
use entity::enums::{AttemptOutcome, EventKind, StepStatus, TaskStatus};

/// A step, by the numbers of its task and of itself within it. The planning step is number 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) task: usize,
    pub(super) step: usize,
}

/// What was paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Money {
    pub(super) nanos: i64,
    /// Entries whose price nobody knows.
    pub(super) unpriced: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) key: String,
    pub(super) needs: Vec<usize>,
    pub(super) status: StepStatus,
    pub(super) attempts: i32,
    pub(super) max_attempts: i32,
    /// One for each claim; as many as the epoch says.
    pub(super) outcomes: Vec<AttemptOutcome>,
    /// Of a running step: whether it may be taken back.
    pub(super) lease_is_over: bool,
    /// Of a ready step: whether its time has not come.
    pub(super) later: bool,
    /// Worst cases of the calls under way.
    pub(super) calls: Vec<Option<i64>>,
    pub(super) paid: Money,
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) user: usize,
    pub(super) priority: i32,
    pub(super) budget: Option<i64>,
    pub(super) status: TaskStatus,
    pub(super) cancelling: bool,
    pub(super) steps: Vec<Step>,
    pub(super) paid: Money,
    /// What happened since the last comparison.
    pub(super) fresh: Vec<(EventKind, Option<usize>)>,
}

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grant {
    Granted,
    OverBudget,
    UnknownPrice,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Reference {
    pub(super) tasks: Vec<Task>,
}

impl Step {
    pub(super) fn new(key: &str, needs: Vec<usize>, max_attempts: i32) -> Self {
        Self {
            key: key.to_owned(),
            needs,
            status: StepStatus::Pending,
            attempts: 0,
            max_attempts,
            outcomes: Vec::new(),
            lease_is_over: false,
            later: false,
            calls: Vec::new(),
            paid: Money::default(),
        }
    }

    pub(super) fn epoch(&self) -> i64 {
        i64::try_from(self.outcomes.len()).unwrap()
    }

    pub(super) fn is_active(&self) -> bool {
        matches!(self.status, StepStatus::Ready | StepStatus::Running)
    }

    /// Panics on a move that the lifecycle does not allow: the rules here would be wrong.
    pub(super) fn becomes(&mut self, status: StepStatus) {
        self.status = self.status.to(status).unwrap();
        self.later = false;
    }

    pub(super) fn end_attempt(&mut self, outcome: AttemptOutcome) {
        *self.outcomes.last_mut().unwrap() = outcome;
    }
}

impl Money {
    pub(super) fn add(&mut self, amount: Option<i64>) {
        self.nanos += amount.unwrap_or_default();
        self.unpriced += i64::from(amount.is_none());
    }
}

impl Reference {
    pub(super) fn step(&self, place: Place) -> &Step {
        &self.tasks[place.task].steps[place.step]
    }

    pub(super) fn step_mut(&mut self, place: Place) -> &mut Step {
        &mut self.tasks[place.task].steps[place.step]
    }

    /// Whether the claim with this epoch is the one that may write.
    pub(super) fn holds(&self, place: Place, epoch: i64) -> bool {
        let step = self.step(place);
        step.status == StepStatus::Running && step.epoch() == epoch
    }

    /// All steps of which this is true.
    pub(super) fn places(&self, wanted: impl Fn(&Step) -> bool) -> Vec<Place> {
        let of_task = |(task, row): (usize, &Task)| {
            (0..row.steps.len())
                .map(|step| Place { task, step })
                .collect::<Vec<_>>()
        };
        let mut all: Vec<Place> = self.tasks.iter().enumerate().flat_map(of_task).collect();
        all.retain(|place| wanted(self.step(*place)));
        all
    }

    /// Steps that may be claimed now.
    pub(super) fn queue(&self) -> Vec<Place> {
        self.places(|step| step.status == StepStatus::Ready && !step.later)
    }

    /// Running steps whose lease is over.
    pub(super) fn silent(&self) -> Vec<Place> {
        self.places(|step| step.status == StepStatus::Running && step.lease_is_over)
    }
}
