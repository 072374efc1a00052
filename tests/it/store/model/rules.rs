//! How the tasks of the reference move.

use agent_orchestrator::domain::lifecycle::Lifecycle;
use entity::enums::{AttemptOutcome, EventKind, StepStatus, TaskStatus};

use super::reference::{Grant, Money, Step, Task};

impl Task {
    pub(super) fn new(user: usize, priority: i32, budget: Option<i64>, max_attempts: i32) -> Self {
        let mut task = Self {
            user,
            priority,
            budget,
            status: TaskStatus::Pending,
            cancelling: false,
            steps: vec![Step::new("plan", Vec::new(), max_attempts)],
            paid: Money::default(),
            fresh: vec![(EventKind::TaskSubmitted, None)],
        };
        task.offer(0);
        task
    }

    pub(super) fn open(&self) -> usize {
        self.steps.iter().filter(|step| !step.status.is_final()).count()
    }

    pub(super) fn active(&self) -> usize {
        self.steps.iter().filter(|step| step.is_active()).count()
    }

    pub(super) fn reserved(&self) -> i64 {
        self.steps.iter().flat_map(|step| &step.calls).flatten().sum()
    }

    /// Steps this one waits for that have not completed.
    pub(super) fn missing(&self, step: usize) -> usize {
        let done = |needed: &&usize| self.steps[**needed].status != StepStatus::Completed;
        self.steps[step].needs.iter().filter(done).count()
    }

    fn record(&mut self, kind: EventKind, step: Option<usize>) {
        self.fresh.push((kind, step));
    }

    fn becomes(&mut self, status: TaskStatus, kind: EventKind) {
        self.status = self.status.to(status).unwrap();
        self.record(kind, None);
    }

    fn offer(&mut self, step: usize) {
        self.steps[step].becomes(StepStatus::Ready);
        self.record(EventKind::StepReady, Some(step));
    }

    pub(super) fn begin(&mut self, step: usize, no_lease: bool) {
        if self.status == TaskStatus::Pending {
            self.becomes(TaskStatus::Running, EventKind::TaskStarted);
        }
        let begun = &mut self.steps[step];
        begun.becomes(StepStatus::Running);
        begun.attempts += 1;
        begun.outcomes.push(AttemptOutcome::Running);
        begun.lease_is_over = no_lease;
        self.record(EventKind::StepStarted, Some(step));
    }

    /// Ends a step well. A plan brings new steps. Answers those that are ready now.
    pub(super) fn complete(&mut self, step: usize, plan: Option<&[(&str, &[&str])]>) -> Vec<usize> {
        let done = &mut self.steps[step];
        done.end_attempt(AttemptOutcome::Completed);
        done.becomes(StepStatus::Completed);
        if let Some(plan) = plan {
            self.record(EventKind::PlanCreated, Some(step));
            for (key, needs) in plan {
                let place = |key: &&str| 1 + plan.iter().position(|(other, _)| other == key).unwrap();
                let max_attempts = self.steps[0].max_attempts;
                self.steps
                    .push(Step::new(key, needs.iter().map(place).collect(), max_attempts));
            }
        }
        self.record(EventKind::StepCompleted, Some(step));
        let free = |at: &usize| self.steps[*at].status == StepStatus::Pending && self.missing(*at) == 0;
        let freed: Vec<usize> = (0..self.steps.len()).filter(free).collect();
        for step in &freed {
            self.offer(*step);
        }
        freed
    }

    /// Ends the task if nothing is open; lets it wait if only a person can go on.
    pub(super) fn conclude(&mut self) {
        if self.status.is_final() {
            return;
        }
        let failed = self.steps.iter().any(|step| step.status == StepStatus::Failed);
        if self.open() == 0 {
            match (self.cancelling, failed) {
                (true, _) => self.becomes(TaskStatus::Cancelled, EventKind::TaskCancelled),
                (false, true) => self.becomes(TaskStatus::Failed, EventKind::TaskFailed),
                (false, false) => self.becomes(TaskStatus::Completed, EventKind::TaskCompleted),
            }
        } else if self.active() == 0 && self.status == TaskStatus::Running {
            assert!(
                self.steps.iter().any(|step| step.status == StepStatus::Waiting),
                "nobody would go on"
            );
            self.becomes(TaskStatus::Waiting, EventKind::TaskWaiting);
        }
    }

    /// An attempt ends with calls under way: nobody knows what they cost, unless they cost nothing.
    fn close_calls(&mut self, step: usize) {
        while !self.steps[step].calls.is_empty() {
            let worst_case = self.give_back(step);
            self.pay(step, worst_case.filter(|worst_case| *worst_case == 0));
        }
    }

    /// What the first call under way held is free again, and those who wait for money look.
    fn give_back(&mut self, step: usize) -> Option<i64> {
        let worst_case = self.steps[step].calls.remove(0);
        if self.budget.is_some() && worst_case.is_some_and(|worst_case| worst_case > 0) {
            self.wake();
        }
        worst_case
    }

    fn wake(&mut self) {
        let waits = |at: &usize| self.steps[*at].status == StepStatus::Waiting;
        let waiting: Vec<usize> = (0..self.steps.len()).filter(waits).collect();
        if !waiting.is_empty() && self.status == TaskStatus::Waiting {
            self.becomes(TaskStatus::Running, EventKind::TaskResumed);
        }
        for step in waiting {
            self.offer(step);
        }
    }

    fn can_afford(&self, needed: i64) -> bool {
        self.budget
            .is_none_or(|budget| needed <= budget - self.paid.nanos - self.reserved())
    }

    pub(super) fn pay(&mut self, step: usize, amount: Option<i64>) {
        self.steps[step].paid.add(amount);
        self.paid.add(amount);
    }

    pub(super) fn reserve(&mut self, step: usize, worst_case: Option<i64>) -> Grant {
        match worst_case {
            None if self.budget.is_some() => return Grant::UnknownPrice,
            Some(needed) if !self.can_afford(needed) => return Grant::OverBudget,
            _ => self.steps[step].calls.push(worst_case),
        }
        Grant::Granted
    }

    /// The first call under way ends: answered and paid, or refused and free.
    pub(super) fn end_call(&mut self, step: usize, cost: Option<Option<i64>>) {
        self.give_back(step);
        if let Some(cost) = cost {
            self.pay(step, cost);
        }
        self.record(EventKind::LlmCallSettled, Some(step));
    }

    pub(super) fn stop(&mut self, step: usize) {
        self.close_calls(step);
        self.steps[step].end_attempt(AttemptOutcome::Cancelled);
        self.steps[step].becomes(StepStatus::Cancelled);
        self.record(EventKind::StepCancelled, Some(step));
        self.conclude();
    }

    /// An attempt ends badly. `again`: whether it may be tried once more, and whether only later.
    pub(super) fn fail(&mut self, step: usize, again: Option<bool>, outcome: AttemptOutcome) {
        if self.cancelling {
            return self.stop(step);
        }
        self.close_calls(step);
        let failed = &mut self.steps[step];
        if let Some(later) = again.filter(|_| failed.attempts < failed.max_attempts) {
            failed.end_attempt(outcome);
            failed.becomes(StepStatus::Ready);
            failed.later = later;
            return self.record(EventKind::StepRetrying, Some(step));
        }
        failed.end_attempt(AttemptOutcome::Failed);
        failed.becomes(StepStatus::Failed);
        self.record(EventKind::StepFailed, Some(step));
        self.skip_what_builds_on(step);
        self.conclude();
    }

    fn skip_what_builds_on(&mut self, lost: usize) {
        for at in 0..self.steps.len() {
            if self.steps[at].needs.contains(&lost) && self.steps[at].status == StepStatus::Pending {
                self.steps[at].becomes(StepStatus::Skipped);
                self.record(EventKind::StepSkipped, Some(at));
                self.skip_what_builds_on(at);
            }
        }
    }

    /// Puts a step back as if it had not been claimed.
    pub(super) fn release(&mut self, step: usize) {
        if self.cancelling {
            return self.stop(step);
        }
        self.close_calls(step);
        self.steps[step].end_attempt(AttemptOutcome::Released);
        self.steps[step].attempts -= 1;
        self.offer(step);
    }

    /// Lets a step wait for money, unless what it needs is there.
    pub(super) fn park(&mut self, step: usize, needed: Option<i64>) {
        if self.cancelling {
            return self.stop(step);
        }
        self.close_calls(step);
        if needed.is_some_and(|needed| self.can_afford(needed)) {
            return self.release(step);
        }
        let parked = &mut self.steps[step];
        parked.end_attempt(AttemptOutcome::Released);
        parked.attempts -= 1;
        parked.becomes(StepStatus::Waiting);
        self.record(EventKind::StepWaiting, Some(step));
        self.conclude();
    }

    /// False if the task has ended or is being cancelled.
    pub(super) fn cancel(&mut self) -> bool {
        if self.status.is_final() || self.cancelling {
            return false;
        }
        self.cancelling = true;
        self.record(EventKind::CancelRequested, None);
        for at in 0..self.steps.len() {
            if !self.steps[at].status.is_final() && self.steps[at].status != StepStatus::Running {
                self.steps[at].becomes(StepStatus::Cancelled);
                self.record(EventKind::StepCancelled, Some(at));
            }
        }
        self.conclude();
        true
    }

    /// False if the task neither failed nor was cancelled.
    pub(super) fn retry(&mut self) -> bool {
        if !matches!(self.status, TaskStatus::Failed | TaskStatus::Cancelled) {
            return false;
        }
        self.cancelling = false;
        self.becomes(TaskStatus::Running, EventKind::TaskResumed);
        for at in 0..self.steps.len() {
            if self.steps[at].status == StepStatus::Completed {
                continue;
            }
            self.steps[at].attempts = 0;
            if self.missing(at) == 0 {
                self.offer(at);
            } else {
                self.steps[at].becomes(StepStatus::Pending);
            }
        }
        self.conclude();
        true
    }

    /// False if the task has ended, has no budget or one that is not below.
    pub(super) fn raise(&mut self, budget: i64) -> bool {
        if self.status.is_final() || self.budget.is_none_or(|old| old >= budget) {
            return false;
        }
        self.budget = Some(budget);
        self.record(EventKind::BudgetRaised, None);
        self.wake();
        true
    }
}
