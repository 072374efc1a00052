//! Money: sums that agree, and nothing held back for what is over.

use std::collections::BTreeMap;

use agent_orchestrator::domain::lifecycle::Lifecycle;
use entity::{enums::CallStatus, ledger_entry, values::NanoUsd};

use super::{Breaches, World};

/// The sum of some entries, and how many of them have no price.
fn sum<'a>(entries: impl Iterator<Item = &'a ledger_entry::Model>) -> (NanoUsd, i32) {
    entries.fold((NanoUsd::ZERO, 0), |(sum, unpriced), entry| {
        (
            sum + entry.amount_nanos.unwrap_or_default(),
            unpriced + i32::from(entry.amount_nanos.is_none()),
        )
    })
}

pub(super) fn sums_agree(world: &World, breaches: &mut Breaches) {
    for step in &world.steps {
        let entries = sum(world
            .entries
            .iter()
            .filter(|entry| entry.step_id == Some(step.id)));
        let own = (step.cost_nanos, step.unpriced_entries);
        breaches.unless(entries == own, || {
            format!("{}: entries {entries:?}, step {own:?}", step.id)
        });
    }
    let mut by_user: BTreeMap<_, NanoUsd> = BTreeMap::new();
    for task in &world.tasks {
        let entries = sum(world
            .entries
            .iter()
            .filter(|entry| entry.task_id == Some(task.id)));
        let steps = world
            .steps_of(task.id)
            .fold((NanoUsd::ZERO, 0), |(sum, unpriced), step| {
                (sum + step.cost_nanos, unpriced + step.unpriced_entries)
            });
        let own = (task.cost_nanos, task.unpriced_entries);
        breaches.unless(entries == own && steps == own, || {
            format!("{}: entries {entries:?}, steps {steps:?}, task {own:?}", task.id)
        });
        let of_user = by_user.entry(&task.user_id).or_default();
        *of_user = *of_user + task.cost_nanos;
    }
    for (user, tasks) in by_user {
        let (entries, _) = sum(world.entries.iter().filter(|entry| entry.user_id == *user));
        breaches.unless(entries == tasks, || {
            format!("{user}: entries {entries:?}, tasks {tasks:?}")
        });
    }
}

pub(super) fn paid_once(world: &World, breaches: &mut Breaches) {
    for call in &world.llm_calls {
        let entries: Vec<_> = world
            .entries
            .iter()
            .filter(|entry| entry.call_id == Some(call.id.0))
            .collect();
        let fits = match call.status {
            CallStatus::Succeeded => entries.len() == 1 && entries[0].amount_nanos == call.cost_nanos,
            _ => entries.len() <= 1,
        };
        breaches.unless(fits, || format!("{call:?} was paid for by {entries:?}"));
    }
}

pub(super) fn nothing_reserved(world: &World, breaches: &mut Breaches) {
    for task in world.tasks.iter().filter(|task| task.status.is_final()) {
        let (id, reserved) = (task.id, task.reserved_nanos);
        breaches.unless(reserved == NanoUsd::ZERO, || {
            format!("{id} still holds {reserved}")
        });
        let held = world
            .llm_calls
            .iter()
            .find(|call| call.task_id == id && call.reserved_nanos.is_some());
        breaches.unless(held.is_none(), || format!("still held: {held:?}"));
    }
}

pub(super) fn within_budget(world: &World, breaches: &mut Breaches) {
    for task in &world.tasks {
        let (id, cost, budget) = (task.id, task.cost_nanos, task.budget_nanos);
        breaches.unless(budget.is_none_or(|budget| cost <= budget), || {
            format!("{id} cost {cost} of {budget:?}")
        });
    }
}
