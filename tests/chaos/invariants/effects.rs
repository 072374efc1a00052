//! Effects: the log of the world outside against what the database says of them.

use std::collections::{BTreeMap, BTreeSet};

use entity::enums::{CallStatus, StepStatus, ToolEffect};

use super::{Breaches, World};
use crate::{load::Decision, outside::ToolCall};

pub(super) fn called_by_the_book(world: &World, breaches: &mut Breaches) {
    let written: BTreeSet<(&str, String)> = world
        .tool_calls
        .iter()
        .map(|call| (call.idempotency_key.as_str(), call.step_id.to_string()))
        .collect();
    for call in &world.called {
        let is_written = written.contains(&(&call.key, call.step.clone()));
        breaches.unless(is_written, || format!("not in the journal: {call:?}"));
    }
}

pub(super) fn keys_are_stable(world: &World, breaches: &mut Breaches) {
    let mut keys: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for call in &world.called {
        keys.entry((&call.tool, &call.arguments))
            .or_default()
            .insert(&call.key);
    }
    for (call, keys) in keys {
        breaches.unless(keys.len() == 1, || format!("{call:?} came under {keys:?}"));
    }
}

pub(super) fn nothing_repeated(world: &World, breaches: &mut Breaches) {
    let mut effects: BTreeMap<(&str, &str), Vec<&ToolCall>> = BTreeMap::new();
    for call in world
        .called
        .iter()
        .filter(|call| call.took_effect && call.tool == "charge")
    {
        effects.entry((&call.tool, &call.key)).or_default().push(call);
    }
    for ((_, key), calls) in effects {
        let allowed = 1 + world
            .decisions
            .iter()
            .filter(|(of, decision)| of == key && *decision == Decision::RunAgain)
            .count();
        breaches.unless(calls.len() <= allowed, || {
            let rows: Vec<_> = world
                .tool_calls
                .iter()
                .filter(|call| call.idempotency_key == key)
                .collect();
            format!(
                "{} effects where {allowed} are allowed: {calls:?}; journal: {rows:?}",
                calls.len()
            )
        });
    }
}

pub(super) fn done_is_done(world: &World, breaches: &mut Breaches) {
    let decided: BTreeSet<&str> = world.decisions.iter().map(|(key, _)| key.as_str()).collect();
    let mut succeeded: BTreeMap<&str, usize> = BTreeMap::new();
    for call in &world.tool_calls {
        let key = call.idempotency_key.as_str();
        if call.status == CallStatus::Succeeded {
            *succeeded.entry(key).or_default() += 1;
            let done = world
                .called
                .iter()
                .any(|done| done.key == key && (done.took_effect || done.answered));
            breaches.unless(done || decided.contains(key), || {
                format!("recorded, and never done: {call:?}")
            });
        }
        let step = world.steps.iter().find(|step| step.id == call.step_id);
        let is_completed = step.is_some_and(|step| step.status == StepStatus::Completed);
        let is_unknown = call.status == CallStatus::Unknown && call.effect == Some(ToolEffect::AtMostOnce);
        breaches.unless(!(is_completed && is_unknown), || {
            format!("completed without knowing: {call:?}")
        });
    }
    for (key, times) in succeeded {
        breaches.unless(times == 1, || format!("{key} is recorded {times} times"));
    }
    for step in world
        .steps
        .iter()
        .filter(|step| step.status == StepStatus::Completed)
    {
        let Some((code, work)) = World::work(step) else {
            continue;
        };
        for (turn, tool) in work.tools().iter().enumerate() {
            let item = format!("{{\"item\":\"{code}t{turn}\"}}");
            let done = |call: &&ToolCall| call.tool == *tool && call.arguments == item && call.took_effect;
            let key = world
                .tool_calls
                .iter()
                .find(|call| call.step_id == step.id && call.ordinal as usize == turn);
            let by_decision = key.is_some_and(|call| decided.contains(call.idempotency_key.as_str()));
            breaches.unless(by_decision || world.called.iter().any(|call| done(&call)), || {
                format!("{code} is completed, and {tool} was never done")
            });
        }
    }
}
