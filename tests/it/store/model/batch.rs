//! What a worker does with several of its claims at once.

use agent_orchestrator::store::steps::{Claim, Settlement, Verdict};
use entity::enums::StepStatus;

use super::{
    claims::Expected,
    must,
    operation::{Ask, Who},
    reference::Place,
    world::{Held, World, lease, request},
};

impl World {
    pub(super) async fn settle(&mut self, who: &[Who], plan: usize, ask: Option<&Ask>) -> Result<(), String> {
        let mut ending: Vec<Held> = Vec::new();
        for who in who {
            let Some(held) = self.pick(*who, |_| true) else {
                continue;
            };
            // Each claim ends once; an older one of the same step may be there as well.
            if !ending
                .iter()
                .any(|other| other.claim.attempt_id == held.claim.attempt_id)
            {
                self.answer_all(&held).await?;
                ending.push(held);
            }
        }
        let settlements: Vec<Settlement> = ending
            .iter()
            .map(|held| Settlement {
                claim: held.claim.clone(),
                ending: Self::ending(held, plan),
            })
            .collect();
        let queue = self.reference.queue();
        let request = ask.map(request);
        let settled = self.store.settle_steps(&settlements, request.as_ref()).await;
        let settled = settled.map_err(|error| format!("the batch was refused: {error:?}"))?;

        let mut freed = Vec::new();
        must!(
            settled.verdicts.len() == ending.len(),
            "a verdict for each: {:?}",
            settled.verdicts
        );
        for (held, verdict) in ending.iter().zip(&settled.verdicts) {
            let late = held.place.step == 0 && self.reference.tasks[held.place.task].cancelling;
            let fits = match verdict {
                Verdict::Stored => self.is_live(held) && !late,
                Verdict::Fenced => !self.is_live(held),
                Verdict::Cancelling => late,
            };
            must!(
                fits,
                "{verdict:?} for {:?}, live: {}",
                held.place,
                self.is_live(held)
            );
            match verdict {
                Verdict::Stored => freed.extend(self.completed(held, plan)),
                Verdict::Fenced => self.count("fenced"),
                Verdict::Cancelling => {}
            }
        }
        self.learn_steps().await;
        if let Some(ask) = ask {
            let expected = Expected::new(&self.reference, ask, &queue, &freed);
            let taken: Vec<Place> = settled
                .claims
                .iter()
                .map(|claim| self.places[&claim.step.id])
                .collect();
            expected.check(&self.reference, &taken, &settled)?;
            for (claim, place) in settled.claims.into_iter().zip(taken) {
                self.task_mut(place).begin(place.step, ask.no_lease);
                self.count("claimed");
                let (step, row) = (self.reference.step(place), &claim.step);
                must!(
                    (row.status, row.epoch, row.attempts)
                        == (StepStatus::Running, step.epoch(), step.attempts),
                    "{place:?} was claimed as {row:?}"
                );
                self.held.push(Held {
                    claim,
                    place,
                    worker: ask.worker,
                });
            }
        } else {
            must!(settled.claims.is_empty(), "claims that nobody asked for");
        }
        for held in &ending {
            self.task_mut(held.place).conclude();
        }
        Ok(())
    }

    pub(super) async fn heartbeat(&mut self, who: &[Who], no_lease: bool) -> Result<(), String> {
        let mut beating: Vec<Held> = Vec::new();
        for held in who.iter().filter_map(|who| self.pick(*who, |_| true)) {
            // A worker keeps one claim of a step: the latest it was given.
            if !beating.iter().any(|other| other.place == held.place) {
                beating.push(held);
            }
        }
        let claims: Vec<Claim> = beating.iter().map(|held| held.claim.clone()).collect();
        let pulse = self
            .store
            .heartbeat(&claims, lease(no_lease))
            .await
            .map_err(|error| format!("{error:?}"))?;
        let (live, lost): (Vec<&Held>, Vec<&Held>) = beating.iter().partition(|held| self.is_live(held));
        let ids = |all: &[&Held]| all.iter().map(|held| held.claim.step.id).collect::<Vec<_>>();
        must!(pulse.lost == ids(&lost), "lost: {:?}", pulse.lost);
        let stopping: Vec<&Held> = live
            .iter()
            .filter(|held| self.reference.tasks[held.place.task].cancelling)
            .copied()
            .collect();
        must!(
            pulse.cancelled == ids(&stopping),
            "cancelled: {:?}",
            pulse.cancelled
        );
        for place in live.iter().map(|held| held.place).collect::<Vec<_>>() {
            self.reference.step_mut(place).lease_is_over = no_lease;
        }
        Ok(())
    }
}
