//! Steps: one owner at a time, and nothing that counts from anybody else.

use agent_orchestrator::domain::lifecycle::Lifecycle;
use entity::{
    enums::{AttemptOutcome, StepKind, StepStatus},
    values::UnixMillis,
};

use super::{Breaches, World};

pub(super) fn none_is_open(world: &World, breaches: &mut Breaches) {
    for step in &world.steps {
        if !world.task(step.task_id).status.is_final() {
            continue;
        }
        let is_free = step.worker_id.is_none() && step.lease_until.is_none() && step.waiting_on.is_none();
        breaches.unless(step.status.is_final() && is_free, || format!("{step:?}"));
        let open = world
            .attempts_of(step.id)
            .iter()
            .find(|attempt| attempt.outcome == AttemptOutcome::Running);
        breaches.unless(open.is_none(), || format!("an attempt goes on: {open:?}"));
    }
}

pub(super) fn attempts_are_counted(world: &World, breaches: &mut Breaches) {
    for step in &world.steps {
        let attempts = world.attempts_of(step.id);
        let numbered = attempts
            .iter()
            .zip(1..)
            .all(|(attempt, epoch)| attempt.epoch == epoch);
        breaches.unless(numbered && attempts.len() as i64 == step.epoch, || {
            format!("{} has epoch {} and {attempts:?}", step.id, step.epoch)
        });
        breaches.unless(step.attempts <= step.max_attempts, || {
            format!("too many attempts: {step:?}")
        });
    }
}

pub(super) fn epochs_do_not_overlap(world: &World, breaches: &mut Breaches) {
    for step in &world.steps {
        for pair in world.attempts_of(step.id).windows(2) {
            let (before, next) = (&pair[0], &pair[1]);
            breaches.unless(
                before.ended_at.is_some_and(|ended| ended <= next.started_at),
                || format!("{before:?} ended after {next:?} began"),
            );
            let late_llm = world
                .llm_calls
                .iter()
                .find(|call| call.attempt_id == before.id && later(call.ended_at, next.started_at));
            breaches.unless(late_llm.is_none(), || {
                format!("{late_llm:?} was written after {next:?} began")
            });
        }
        let Some(last) = world.attempts_of(step.id).last() else {
            continue;
        };
        let calls = world.llm_calls.iter().filter(|call| call.attempt_id == last.id);
        for call in calls {
            breaches.unless(
                !last.ended_at.is_some_and(|ended| later(call.ended_at, ended)),
                || format!("{call:?} was written after its attempt had ended: {last:?}"),
            );
        }
    }
}

fn later(moment: Option<UnixMillis>, than: UnixMillis) -> bool {
    moment.is_some_and(|moment| moment > than)
}

pub(super) fn one_output(world: &World, breaches: &mut Breaches) {
    for step in world.steps.iter().filter(|step| step.kind == StepKind::Work) {
        let outputs: Vec<_> = world
            .outputs
            .iter()
            .filter(|output| output.step_id == step.id)
            .collect();
        if step.status != StepStatus::Completed {
            breaches.unless(outputs.is_empty(), || {
                format!("{} is {:?} and has {outputs:?}", step.id, step.status)
            });
            continue;
        }
        breaches.unless(outputs.len() == 1, || {
            format!("{} completed with {outputs:?}", step.id)
        });
        let attempts = world.attempts_of(step.id);
        let completed: Vec<_> = attempts
            .iter()
            .filter(|attempt| attempt.outcome == AttemptOutcome::Completed)
            .collect();
        let by_the_last = completed.len() == 1 && attempts.last() == Some(completed[0]);
        breaches.unless(by_the_last, || {
            format!("{} was completed by {attempts:?}", step.id)
        });
        let Some((output, attempt)) = outputs.first().zip(completed.first()) else {
            continue;
        };
        let by_it = output.created_at >= attempt.started_at;
        breaches.unless(by_it, || format!("{output:?} was there before {attempt:?} began"));
    }
}

pub(super) fn dependencies_come_first(world: &World, breaches: &mut Breaches) {
    for edge in &world.dependencies {
        let find = |id| world.steps.iter().find(|step| step.id == id);
        let (Some(step), Some(before)) = (find(edge.step_id), find(edge.depends_on_id)) else {
            continue;
        };
        let Some(first) = world.attempts_of(step.id).first() else {
            continue;
        };
        let in_order = before.status == StepStatus::Completed && !later(before.ended_at, first.started_at);
        breaches.unless(in_order, || format!("{first:?} began before {before:?}"));
    }
}
