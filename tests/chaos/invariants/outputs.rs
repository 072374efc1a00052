//! Outputs as they were read, piece by piece, against what is stored.

use agent_orchestrator::domain::lifecycle::Lifecycle;
use entity::enums::StepStatus;

use super::{Breaches, World};

pub(super) fn pieces_make_the_output(world: &World, breaches: &mut Breaches) {
    for log in &world.readers {
        for wrong in &log.wrong {
            breaches.unless(false, || format!("reader of {}: {wrong}", log.step));
        }
        let Some(step) = world.steps.iter().find(|step| step.id.to_string() == log.step) else {
            breaches.unless(false, || format!("there is no {}", log.step));
            continue;
        };
        if !step.status.is_final() {
            continue;
        }
        let read = String::from_utf16_lossy(&log.text);
        let output = world.outputs.iter().find(|output| output.step_id == step.id);
        let fits = match (step.status, output) {
            (StepStatus::Completed, Some(output)) => log.attempt == step.epoch && output.content == read,
            // What a later attempt took the place of, or as far as the last one came.
            _ => {
                log.attempt <= step.epoch
                    && whole(world, &log.step).is_none_or(|whole| whole.starts_with(&read))
            }
        };
        breaches.unless(log.is_final && fits, || {
            format!("{log:?} read {read:?} of {step:?} with {output:?}")
        });
    }
}

/// What the model says in a step if it gets to its end.
fn whole(world: &World, step: &str) -> Option<String> {
    let step = world.steps.iter().find(|known| known.id.to_string() == step)?;
    let (code, work) = World::work(step)?;
    Some(work.says(code))
}
