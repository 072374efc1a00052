//! Every invariant can be broken: what would break it is done to the rows of a run that kept it, and must be noticed.
//!
//! To add one: a line in [`TAMPERINGS`] with the promise as it stands in the list of invariants.

use entity::{
    enums::{AttemptOutcome, CallStatus, StepKind, StepStatus, TaskStatus},
    values::NanoUsd,
};

use super::{World, check};
use crate::load::TINY;

type Tampering = (&'static str, fn(&mut World));

const TAMPERINGS: &[Tampering] = &[
    ("one task per idempotency key", |world| {
        world.accepted.pop();
    }),
    ("every task has ended", |world| {
        world.tasks[0].status = TaskStatus::Running;
    }),
    ("tasks end as their steps did", |world| {
        world.tasks[0].open_steps = 1;
    }),
    ("what can succeed does", |world| {
        world.tasks[0].status = TaskStatus::Failed;
    }),
    ("no step of an ended task is open", |world| {
        world.steps[0].worker_id = Some("somebody".to_owned());
    }),
    ("one attempt per epoch", |world| world.steps[0].epoch += 1),
    ("no epoch wrote after", |world| {
        let call = &mut world.llm_calls[0];
        call.ended_at = call.ended_at.map(|ended| ended.plus(600_000));
    }),
    ("one output per completed step", |world| {
        world.outputs.pop();
    }),
    ("one output per completed step", |world| {
        let zombie = world.outputs[0].created_at.plus(-600_000);
        world.outputs[0].created_at = zombie;
    }),
    ("no step started before", |world| {
        let edge = world.dependencies[0].clone();
        let before = world
            .steps
            .iter_mut()
            .find(|step| step.id == edge.depends_on_id)
            .unwrap();
        before.ended_at = before.ended_at.map(|ended| ended.plus(600_000));
    }),
    ("events are numbered", |world| {
        world.events.values_mut().next().unwrap().remove(2);
    }),
    ("steps change by the rules", |world| {
        for events in world.events.values_mut() {
            events.reverse();
        }
    }),
    ("the events tell what the rows say", |world| {
        let step = world
            .steps
            .iter_mut()
            .find(|step| step.kind == StepKind::Work)
            .unwrap();
        step.status = StepStatus::Skipped;
    }),
    ("every subscriber saw", |world| {
        world.followers[0].events.pop();
    }),
    ("every subscriber saw", |world| {
        world.followers[1].events[1].payload = serde_json::json!("another");
    }),
    ("the pieces of an output", |world| {
        world.readers[0].text.pop();
    }),
    ("the pieces of an output", |world| {
        world.readers[0].is_final = false;
    }),
    ("the pieces of an output", |world| {
        world.readers[0].attempt -= 1;
    }),
    ("nothing is asked without the money", |world| {
        for accepted in &mut world.accepted {
            accepted.planned.budget = Some(TINY);
        }
    }),
    ("no task cost more", |world| {
        let task = world.tasks.iter_mut().find(|task| task.cost_nanos.0 > 1).unwrap();
        task.budget_nanos = Some(NanoUsd(1));
    }),
    ("every question was written down", |world| {
        let again = world.asked[0].clone();
        world.asked.push(again);
    }),
    ("an answer is recorded once", |world| {
        let again = world.llm_calls[0].clone();
        world.llm_calls.push(again);
    }),
    ("no call is left open", |world| {
        world.tool_calls[0].status = CallStatus::Dispatched;
    }),
    ("every tool call was written down", |world| {
        world.called[0].key = "another".to_owned();
    }),
    ("the same call comes under the same key", |world| {
        let mut again = world.called[0].clone();
        again.key = world.called[1].key.clone();
        world.called.push(again);
    }),
    ("what must not be repeated", |world| {
        let charged = world
            .called
            .iter()
            .find(|call| call.tool == "charge")
            .unwrap()
            .clone();
        world.called.push(charged);
    }),
    ("what is recorded as done was done", |world| {
        for call in &mut world.called {
            call.took_effect = false;
        }
    }),
    ("entries add up", |world| {
        world.entries[0].amount_nanos = Some(NanoUsd(1));
    }),
    ("each call was paid for once", |world| {
        let paid = world
            .entries
            .iter()
            .find(|entry| entry.call_id.is_some())
            .unwrap()
            .clone();
        world.entries.push(paid);
    }),
    ("nothing is reserved", |world| {
        world.tasks[0].reserved_nanos = NanoUsd(1);
    }),
    ("poison ends as failed", |world| {
        let step = world
            .steps
            .iter_mut()
            .find(|step| step.kind == StepKind::Work)
            .unwrap();
        step.title = "Handle j0s0doom".to_owned();
    }),
    ("no step of an ended task is open", |world| {
        world.attempts.values_mut().next().unwrap()[0].outcome = AttemptOutcome::Running;
    }),
];

/// Tampers with a world in which everything holds, in each way.
pub fn are_noticed(world: &World) {
    for (promise, tamper) in TAMPERINGS {
        let mut tampered = world.clone();
        tamper(&mut tampered);
        let told = check(&tampered).expect_err(promise);
        assert!(
            told.contains(&format!("BROKEN: {promise}")),
            "{promise} is not noticed, but {told}"
        );
    }
}
