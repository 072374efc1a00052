//! Events: numbered without a gap, true to the rows, and seen by everybody alike.

use std::collections::BTreeMap;

use agent_orchestrator::domain::lifecycle::Lifecycle;
use entity::{
    enums::{EventKind, StepStatus},
    ids::StepId,
};

use super::{Breaches, World};
use crate::subscribers::Seen;

pub(super) fn contiguous(world: &World, breaches: &mut Breaches) {
    for task in &world.tasks {
        let numbers: Vec<i64> = world.events_of(task.id).iter().map(|event| event.seq).collect();
        let expected: Vec<i64> = (1..=task.event_seq).collect();
        breaches.unless(numbers == expected, || {
            format!("{} is at {}: {numbers:?}", task.id, task.event_seq)
        });
    }
}

/// The status a step has after each of its events, by step. A retry puts back silently what waits for other steps.
fn lives(world: &World) -> BTreeMap<StepId, Vec<StepStatus>> {
    let mut all = BTreeMap::new();
    for events in world.events.values() {
        let mut lives: BTreeMap<StepId, Vec<StepStatus>> = BTreeMap::new();
        let mut has_ended = false;
        for event in events {
            match event.kind {
                EventKind::TaskFailed | EventKind::TaskCancelled => has_ended = true,
                EventKind::TaskResumed if std::mem::take(&mut has_ended) => {
                    let ended = |life: &&mut Vec<StepStatus>| life.last() != Some(&StepStatus::Completed);
                    lives
                        .values_mut()
                        .filter(ended)
                        .for_each(|life| life.push(StepStatus::Pending));
                }
                _ => {}
            }
            if let (Some(step), Some(status)) = (event.step_id, status_after(event.kind)) {
                lives.entry(step).or_default().push(status);
            }
        }
        all.append(&mut lives);
    }
    all
}

fn status_after(kind: EventKind) -> Option<StepStatus> {
    Some(match kind {
        EventKind::StepReady | EventKind::StepRetrying => StepStatus::Ready,
        EventKind::StepStarted => StepStatus::Running,
        EventKind::StepWaiting => StepStatus::Waiting,
        EventKind::StepCompleted => StepStatus::Completed,
        EventKind::StepFailed => StepStatus::Failed,
        EventKind::StepSkipped => StepStatus::Skipped,
        EventKind::StepCancelled => StepStatus::Cancelled,
        _ => return None,
    })
}

pub(super) fn legal(world: &World, breaches: &mut Breaches) {
    for (step, life) in lives(world) {
        let mut now = StepStatus::Pending;
        for next in &life {
            breaches.unless(now.allows(*next), || {
                format!("{step} went from {now:?} to {next:?}: {life:?}")
            });
            now = *next;
        }
    }
}

pub(super) fn agree_with_rows(world: &World, breaches: &mut Breaches) {
    let lives = lives(world);
    for step in &world.steps {
        let life = lives.get(&step.id).map_or(&[][..], Vec::as_slice);
        let now = life.last().copied().unwrap_or(StepStatus::Pending);
        breaches.unless(now == step.status, || {
            format!("{} is {:?} after {life:?}", step.id, step.status)
        });
        let claims = life
            .iter()
            .filter(|status| **status == StepStatus::Running)
            .count();
        breaches.unless(claims as i64 == step.epoch, || {
            format!(
                "{} was claimed {} times and started {claims} times",
                step.id, step.epoch
            )
        });
    }
    for task in world.tasks.iter().filter(|task| task.status.is_final()) {
        let last = world.events_of(task.id).last();
        let ends = last.is_some_and(|event| event.kind.as_str() == format!("TASK_{}", task.status.as_str()));
        breaches.unless(ends, || {
            format!("{} is {:?}, and its last event is {last:?}", task.id, task.status)
        });
    }
}

pub(super) fn subscribers_saw_all(world: &World, breaches: &mut Breaches) {
    for log in &world.followers {
        let who = format!("{} on {}", log.name, log.task);
        for wrong in &log.wrong {
            breaches.unless(false, || format!("{who}: {wrong}"));
        }
        let Some(task) = world.tasks.iter().find(|task| task.id.to_string() == log.task) else {
            continue;
        };
        if !task.status.is_final() {
            continue;
        }
        let stored: Vec<Seen> = world
            .events_of(task.id)
            .iter()
            .map(|event| Seen {
                seq: event.seq,
                kind: event.kind.as_str().to_owned(),
                payload: event.payload.to_value(),
                step: event.step_id.map(|step| step.to_string()),
            })
            .collect();
        let differs = stored
            .iter()
            .zip(&log.events)
            .find(|(stored, seen)| stored != seen);
        breaches.unless(differs.is_none() && stored.len() == log.events.len(), || {
            let (stored, seen) = (stored.len(), log.events.len());
            format!("{who} saw {seen} of {stored} events; the first that differs: {differs:?}")
        });
        let ended = log.ended == Some((task.event_seq, task.status.as_str().to_owned()));
        breaches.unless(ended, || format!("{who} was told of the end {:?}", log.ended));
    }
}
