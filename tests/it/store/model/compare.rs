//! The whole database against the reference.

use std::collections::HashMap;

use agent_orchestrator::domain::lifecycle::Lifecycle;
use entity::{
    attempt,
    enums::{AttemptOutcome, EventKind, StepStatus, WaitReason},
    event,
    ids::StepId,
    ledger_entry, step, step_output, task,
};
use sea_orm::{EntityTrait, QueryOrder};

use super::{must, reference::Money, world::World};

/// What belongs to the steps, by step.
struct Beside {
    attempts: HashMap<StepId, Vec<attempt::Model>>,
    outputs: HashMap<StepId, String>,
    ledger: HashMap<StepId, Money>,
}

impl World {
    /// Compares every row, and forgets the events that have been seen.
    pub(super) async fn compare(&mut self) -> Result<(), String> {
        let steps = step::Entity::find()
            .order_by_asc(step::Column::Position)
            .all(&self.db)
            .await
            .unwrap();
        self.learn_steps().await;
        let stray = steps.iter().find(|row| !self.places.contains_key(&row.id));
        must!(stray.is_none(), "a step nobody made: {stray:?}");
        let expected: usize = self.reference.tasks.iter().map(|task| task.steps.len()).sum();
        must!(steps.len() == expected, "{} steps, not {expected}", steps.len());
        let beside = self.beside().await;
        for row in &steps {
            self.step_is_right(row, &beside)
                .map_err(|why| format!("{why}: {row:?}"))?;
        }
        for row in task::Entity::find().all(&self.db).await.unwrap() {
            let at = self.tasks.iter().position(|task| *task == row.id).unwrap();
            self.task_is_right(&row, at)
                .map_err(|why| format!("{why}: {row:?}"))?;
        }
        self.events_are_right().await
    }

    async fn beside(&self) -> Beside {
        let mut beside = Beside {
            attempts: HashMap::new(),
            outputs: HashMap::new(),
            ledger: HashMap::new(),
        };
        for row in attempt::Entity::find()
            .order_by_asc(attempt::Column::Epoch)
            .all(&self.db)
            .await
            .unwrap()
        {
            beside.attempts.entry(row.step_id).or_default().push(row);
        }
        for row in step_output::Entity::find().all(&self.db).await.unwrap() {
            beside.outputs.insert(row.step_id, row.content);
        }
        for row in ledger_entry::Entity::find().all(&self.db).await.unwrap() {
            let money = beside.ledger.entry(row.step_id.unwrap()).or_default();
            money.nanos += row.amount_nanos.unwrap_or_default().0;
            money.unpriced += i64::from(row.amount_nanos.is_none());
        }
        beside
    }

    fn step_is_right(&self, row: &step::Model, beside: &Beside) -> Result<(), String> {
        let place = self.places[&row.id];
        let step = self.reference.step(place);
        must!(row.status == step.status, "the step is not {:?}", step.status);
        must!(
            (row.epoch, row.attempts) == (step.epoch(), step.attempts),
            "not epoch {} and attempt {}",
            step.epoch(),
            step.attempts
        );
        let missing = self.reference.tasks[place.task].missing(place.step);
        must!(
            row.open_dependencies == i32::try_from(missing).unwrap(),
            "it waits for {missing}"
        );
        let waits = (step.status == StepStatus::Waiting).then_some(WaitReason::Budget);
        must!(row.waiting_on == waits, "it waits for {waits:?}");
        must!(row.ended_at.is_some() == step.status.is_final(), "its end");
        let runs = step.status == StepStatus::Running;
        must!(
            (row.lease_until.is_some(), row.worker_id.is_some()) == (runs, runs),
            "its lease"
        );
        let paid = Money {
            nanos: row.cost_nanos.0,
            unpriced: row.unpriced_entries.into(),
        };
        must!(paid == step.paid, "it cost {:?}", step.paid);
        let entries = beside.ledger.get(&row.id).copied().unwrap_or_default();
        must!(
            entries == step.paid,
            "its entries are {entries:?}, not {:?}",
            step.paid
        );

        let attempts = beside
            .attempts
            .get(&row.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let epochs: Vec<i64> = attempts.iter().map(|attempt| attempt.epoch).collect();
        must!(
            epochs == (1..=step.epoch()).collect::<Vec<_>>(),
            "its attempts are {epochs:?}"
        );
        let outcomes: Vec<AttemptOutcome> = attempts.iter().map(|attempt| attempt.outcome).collect();
        must!(
            outcomes == step.outcomes,
            "its attempts ended {outcomes:?}, not {:?}",
            step.outcomes
        );
        for attempt in attempts {
            let ended = attempt.outcome != AttemptOutcome::Running;
            must!(
                attempt.ended_at.is_some() == ended,
                "an attempt's end: {attempt:?}"
            );
        }
        must!(
            !runs || row.worker_id == attempts.last().map(|attempt| attempt.worker_id.clone()),
            "another worker holds it than claimed it last"
        );
        let done = step.status == StepStatus::Completed && place.step > 0;
        let output = done.then(|| step.epoch().to_string());
        must!(
            beside.outputs.get(&row.id) == output.as_ref(),
            "its output is not that of {output:?}"
        );
        Ok(())
    }

    fn task_is_right(&self, row: &task::Model, at: usize) -> Result<(), String> {
        let task = &self.reference.tasks[at];
        must!(row.status == task.status, "the task is not {:?}", task.status);
        let counts = (
            i32::try_from(task.open()).unwrap(),
            i32::try_from(task.active()).unwrap(),
        );
        must!(
            (row.open_steps, row.active_steps) == counts,
            "its counts of steps are not {counts:?}"
        );
        must!(row.cancel_requested_at.is_some() == task.cancelling, "its cancel");
        must!(row.ended_at.is_some() == task.status.is_final(), "its end");
        must!(
            row.result.is_some() == (row.ended_at.is_some() && row.status.as_str() == "COMPLETED"),
            "its result"
        );
        must!(
            row.error_message.is_some() == (row.status.as_str() == "FAILED"),
            "its error"
        );
        must!(
            row.budget_nanos.map(|budget| budget.0) == task.budget,
            "its budget is {:?}",
            task.budget
        );
        let paid = Money {
            nanos: row.cost_nanos.0,
            unpriced: row.unpriced_entries.into(),
        };
        must!(paid == task.paid, "it cost {:?}", task.paid);
        must!(
            row.reserved_nanos.0 == task.reserved(),
            "it holds {}",
            task.reserved()
        );
        Ok(())
    }

    async fn events_are_right(&mut self) -> Result<(), String> {
        let select = event::Entity::find()
            .order_by_asc(event::Column::TaskId)
            .order_by_asc(event::Column::Seq);
        let rows = select.all(&self.db).await.unwrap();
        let last: HashMap<_, i64> = task::Entity::find()
            .all(&self.db)
            .await
            .unwrap()
            .into_iter()
            .map(|row| (row.id, row.event_seq))
            .collect();
        for (at, id) in self.tasks.iter().enumerate() {
            let of_task: Vec<&event::Model> = rows.iter().filter(|row| row.task_id == *id).collect();
            let numbers: Vec<i64> = of_task.iter().map(|row| row.seq).collect();
            must!(
                numbers == (1..=last[id]).collect::<Vec<_>>(),
                "task {at} has events {numbers:?} of {}",
                last[id]
            );
            let fresh = std::mem::take(&mut self.reference.tasks[at].fresh);
            let seen = self.seen.entry(*id).or_default();
            let new: Vec<(EventKind, Option<usize>)> = of_task[*seen..]
                .iter()
                .map(|row| (row.kind, row.step_id.map(|id| self.places[&id].step)))
                .collect();
            *seen = of_task.len();
            same_events(&new, &fresh).map_err(|why| format!("task {at}, {why}: {new:?}, not {fresh:?}"))?;
        }
        Ok(())
    }
}

/// The same events; where the rules leave the order open, any order. A step is ready before it starts, and the end of a
/// task comes last.
fn same_events(
    new: &[(EventKind, Option<usize>)],
    expected: &[(EventKind, Option<usize>)],
) -> Result<(), String> {
    let sorted = |events: &[(EventKind, Option<usize>)]| {
        let mut events = events.to_vec();
        events.sort_unstable();
        events
    };
    must!(sorted(new) == sorted(expected), "other events");
    let of_step = |events: &[(EventKind, Option<usize>)], step: Option<usize>| {
        events
            .iter()
            .filter(|(_, of)| *of == step)
            .map(|(kind, _)| *kind)
            .collect::<Vec<_>>()
    };
    for (_, step) in new {
        must!(
            of_step(new, *step) == of_step(expected, *step),
            "out of order for step {step:?}"
        );
    }
    let is_end = |kind: EventKind| {
        matches!(
            kind,
            EventKind::TaskCompleted | EventKind::TaskFailed | EventKind::TaskCancelled
        )
    };
    let end = new.iter().position(|(kind, _)| is_end(*kind));
    must!(
        end.is_none_or(|at| at + 1 == new.len()),
        "something after the end"
    );
    Ok(())
}
