//! Tasks: none lost, none twice, each with the end it should have.

use std::collections::BTreeSet;

use agent_orchestrator::domain::lifecycle::Lifecycle;
use entity::{
    enums::{AttemptOutcome, EventKind, StepStatus, TaskStatus},
    task,
};

use super::{Breaches, World};
use crate::{
    fleet::MAX_ATTEMPTS,
    load::{Accepted, TINY},
};

fn accepted<'a>(world: &'a World, task: &task::Model) -> Option<&'a Accepted> {
    let id = task.id.to_string();
    world.accepted.iter().find(|accepted| accepted.id == id)
}

pub(super) fn one_per_key(world: &World, breaches: &mut Breaches) {
    let mut keys = BTreeSet::new();
    for task in &world.tasks {
        let key = (task.user_id.clone(), task.idempotency_key.clone());
        breaches.unless(keys.insert(key), || {
            format!("a second task under {:?}: {}", task.idempotency_key, task.id)
        });
        breaches.unless(accepted(world, task).is_some(), || {
            format!("nobody was told of {}", task.id)
        });
    }
    for accepted in &world.accepted {
        let found = world.tasks.iter().find(|task| task.id.to_string() == accepted.id);
        breaches.unless(
            found.is_some_and(|task| task.idempotency_key.as_deref() == Some(&accepted.planned.key)),
            || {
                format!(
                    "{} was accepted under {} and is not there",
                    accepted.id, accepted.planned.key
                )
            },
        );
    }
}

pub(super) fn all_ended(world: &World, breaches: &mut Breaches) {
    for task in &world.tasks {
        breaches.unless(task.status.is_final(), || {
            let id = task.id.to_string();
            let why = world.explanations.get(&id).map_or("nothing", String::as_str);
            let steps: Vec<_> = world
                .steps_of(task.id)
                .map(|step| {
                    (
                        step.id,
                        &step.title,
                        step.status,
                        step.epoch,
                        step.run_at,
                        step.lease_until,
                    )
                })
                .collect();
            format!(
                "{id} is {:?}; explained by: {why}; its steps: {steps:?}",
                task.status
            )
        });
    }
}

pub(super) fn end_as_their_steps(world: &World, breaches: &mut Breaches) {
    for task in world.tasks.iter().filter(|task| task.status.is_final()) {
        let has = |status| world.steps_of(task.id).any(|step| step.status == status);
        let all_completed = world
            .steps_of(task.id)
            .all(|step| step.status == StepStatus::Completed);
        let fits = match task.status {
            TaskStatus::Completed => all_completed && task.result.is_some(),
            TaskStatus::Failed => has(StepStatus::Failed) && task.error_message.is_some(),
            _ => task.cancel_requested_at.is_some(),
        };
        breaches.unless(fits && task.open_steps == 0 && task.ended_at.is_some(), || {
            let steps: Vec<_> = world.steps_of(task.id).map(|step| step.status).collect();
            format!(
                "{} is {:?} with {} open steps: {steps:?}",
                task.id, task.status, task.open_steps
            )
        });
    }
}

pub(super) fn poison_fails(world: &World, breaches: &mut Breaches) {
    for step in &world.steps {
        if !World::work(step).is_some_and(|(_, work)| work.is_poison()) {
            continue;
        }
        breaches.unless(step.status != StepStatus::Completed, || {
            format!("poison completed: {step:?}")
        });
        if step.status != StepStatus::Failed {
            continue;
        }
        let counted: Vec<_> = world
            .attempts_of(step.id)
            .iter()
            .filter(|attempt| {
                matches!(
                    attempt.outcome,
                    AttemptOutcome::Retrying | AttemptOutcome::Expired | AttemptOutcome::Failed
                )
            })
            .collect();
        // Those before belong to earlier rounds: somebody has had the task tried again.
        let last_round = &counted[counted.len().saturating_sub(MAX_ATTEMPTS as usize)..];
        let reasons = step.error_message.as_deref().unwrap_or_default();
        let are_told = last_round.iter().all(|attempt| {
            attempt
                .error_message
                .as_deref()
                .is_some_and(|reason| reasons.contains(reason))
        });
        let is_used_up = step.attempts == MAX_ATTEMPTS && last_round.len() as i32 == MAX_ATTEMPTS;
        breaches.unless(is_used_up && are_told, || {
            format!("poison failed without using its attempts, or without a reason: {step:?} {counted:?}")
        });
    }
}

pub(super) fn the_rest_completes(world: &World, breaches: &mut Breaches) {
    for task in &world.tasks {
        let Some(accepted) = accepted(world, task) else {
            continue;
        };
        let is_poison = accepted.planned.steps.iter().any(|work| work.is_poison());
        if is_poison || task.status == TaskStatus::Completed || task.cancel_requested_at.is_some() {
            continue;
        }
        let used_up = world
            .steps_of(task.id)
            .any(|step| step.status == StepStatus::Failed && step.attempts == step.max_attempts);
        breaches.unless(
            task.status == TaskStatus::Failed && used_up || !task.status.is_final(),
            || {
                let failed = world
                    .steps_of(task.id)
                    .find(|step| step.status == StepStatus::Failed);
                format!("{} is {:?} because of {failed:?}", task.id, task.status)
            },
        );
    }
}

pub(super) fn the_poor_are_raised(world: &World, breaches: &mut Breaches) {
    for task in &world.tasks {
        let is_poor = accepted(world, task).is_some_and(|accepted| accepted.planned.budget == Some(TINY));
        let Some(first) = world.llm_calls.iter().find(|call| call.task_id == task.id) else {
            continue;
        };
        if !is_poor {
            continue;
        }
        let raised = world
            .events_of(task.id)
            .iter()
            .find(|event| event.kind == EventKind::BudgetRaised);
        breaches.unless(
            raised.is_some_and(|raised| raised.created_at <= first.started_at),
            || format!("{first:?} was asked before {raised:?}"),
        );
    }
}
