//! Model calls: written down before they are asked, and their answers kept.

use std::collections::BTreeMap;

use agent_orchestrator::domain::lifecycle::Lifecycle;
use entity::{enums::CallStatus, ids::StepId, llm_call};

use super::{Breaches, World};
use crate::outside::ModelCall;

/// The rows of each question of each step, oldest first.
fn questions(world: &World) -> BTreeMap<(StepId, i32), Vec<&llm_call::Model>> {
    let mut questions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for call in &world.llm_calls {
        questions
            .entry((call.step_id, call.ordinal))
            .or_default()
            .push(call);
    }
    questions
}

pub(super) fn asked_by_the_book(world: &World, breaches: &mut Breaches) {
    let mut asked: BTreeMap<(&str, usize), Vec<&ModelCall>> = BTreeMap::new();
    for call in &world.asked {
        asked.entry((&call.code, call.ordinal)).or_default().push(call);
    }
    let questions = questions(world);
    for ((code, ordinal), calls) in asked {
        let times = calls.len();
        // What builds on stored answers is word for word the same whenever it is asked.
        breaches.unless(
            ordinal == 0 || calls.iter().all(|call| call.hash == calls[0].hash),
            || format!("question {ordinal} of {code} changed: {calls:?}"),
        );
        let step = world
            .steps
            .iter()
            .find(|step| World::work(step).is_some_and(|(own, _)| own == code));
        let rows = step
            .and_then(|step| questions.get(&(step.id, i32::try_from(ordinal).unwrap())))
            .map_or(0, Vec::len);
        breaches.unless(times <= rows, || {
            format!("question {ordinal} of {code} was asked {times} times and written down {rows} times")
        });
    }
}

pub(super) fn answers_are_bought_once(world: &World, breaches: &mut Breaches) {
    for ((step, ordinal), rows) in questions(world) {
        let bought: Vec<_> = rows
            .iter()
            .filter(|call| call.status == CallStatus::Succeeded)
            .collect();
        // Nothing is asked again after its answer was stored.
        let is_last = bought.is_empty() || rows.last().map(|call| call.id) == Some(bought[0].id);
        breaches.unless(bought.len() <= 1 && is_last, || {
            format!(
                "question {ordinal} of {step} was answered {} times: {rows:#?}",
                bought.len()
            )
        });
        let by_attempt: std::collections::BTreeSet<_> = rows.iter().map(|call| call.attempt_id).collect();
        breaches.unless(by_attempt.len() == rows.len(), || {
            format!("an attempt asked question {ordinal} of {step} twice: {rows:?}")
        });
        // Until a first answer is stored, a later attempt may recall other memories and so ask something else.
        let hashes: std::collections::BTreeSet<_> = rows.iter().map(|call| &call.request_hash).collect();
        breaches.unless(hashes.len() == 1 || ordinal == 0, || {
            format!("question {ordinal} of {step} changed from attempt to attempt: {rows:?}")
        });
    }
}

pub(super) fn none_is_open(world: &World, breaches: &mut Breaches) {
    for call in &world.llm_calls {
        let is_over = !world.task(call.task_id).status.is_final() || call.status.is_final();
        breaches.unless(is_over, || format!("{call:?}"));
    }
    for call in &world.tool_calls {
        let open = matches!(call.status, CallStatus::Reserved | CallStatus::Dispatched);
        breaches.unless(!open || !world.task(call.task_id).status.is_final(), || {
            format!("{call:?}")
        });
    }
}
