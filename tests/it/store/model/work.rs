//! What a worker does with one of its claims.

use std::time::Duration;

use agent_orchestrator::store::{
    calls::Reservation,
    steps::{Ending, Failure},
};
use entity::{
    enums::{AttemptOutcome, LedgerKind, PlanAuthor, WaitReason},
    ids::LlmCallId,
    values::NanoUsd,
};

use super::{
    must,
    operation::{Again, Operation, PLANS, Who},
    reference::{Grant, Place},
    world::{Held, World},
};
use crate::store::{answer, llm_call, money::entry, output, plan};

impl World {
    /// What a worker does with one of its claims.
    pub(super) async fn work(&mut self, held: &Held, operation: &Operation) -> Result<(), String> {
        let (claim, place, store) = (&held.claim, held.place, self.store.clone());
        match operation {
            Operation::Complete { plan, .. } => self.complete(held, *plan).await?,
            Operation::Fail {
                again, replayable, ..
            } => {
                let failure = Failure {
                    code: "TEST".to_owned(),
                    message: "no".to_owned(),
                    retry_in: match again {
                        Again::Never => None,
                        Again::AtOnce => Some(Duration::ZERO),
                        Again::Later => Some(Duration::from_secs(3_600)),
                    },
                    replayable: *replayable,
                };
                if self
                    .written(held, store.fail_step(claim, &failure).await)?
                    .is_some()
                {
                    let again = (*again != Again::Never).then_some(*again == Again::Later);
                    self.task_mut(place)
                        .fail(place.step, again, AttemptOutcome::Retrying);
                    self.count("failed");
                }
            }
            Operation::Release { .. } => {
                if self.written(held, store.release_step(claim).await)?.is_some() {
                    self.task_mut(place).release(place.step);
                }
            }
            Operation::Park { needed, .. } => {
                let parked = store
                    .park_step(claim, WaitReason::Budget, needed.map(NanoUsd), "more money")
                    .await;
                if self.written(held, parked)?.is_some() {
                    self.task_mut(place).park(place.step, *needed);
                    self.count("parked");
                }
            }
            Operation::Stopped { .. } => {
                if self.written(held, store.cancel_step(claim).await)?.is_some() {
                    self.task_mut(place).stop(place.step);
                    self.count("stopped");
                }
            }
            Operation::Expire { .. } => self.expire(&[place]).await,
            Operation::Pay { cost, .. } => {
                let paid = store
                    .pay_for_step(claim, entry(LedgerKind::Embedding, *cost))
                    .await;
                if self.written(held, paid)?.is_some() {
                    self.task_mut(place).pay(place.step, *cost);
                }
            }
            _ => self.call(held, operation).await?,
        }
        Ok(())
    }

    async fn call(&mut self, held: &Held, operation: &Operation) -> Result<(), String> {
        let (claim, place, store) = (&held.claim, held.place, self.store.clone());
        let key = (place, held.epoch());
        if let Operation::Reserve { worst_case, .. } = operation {
            self.ordinals += 1;
            let reserved = store
                .reserve_llm_call(claim, &llm_call(self.ordinals, *worst_case))
                .await;
            let Some(reservation) = self.written(held, reserved)? else {
                return Ok(());
            };
            let expected = self.task_mut(place).reserve(place.step, *worst_case);
            let got = match reservation {
                Reservation::Granted(id) => {
                    self.calls.entry(key).or_default().push(id);
                    Grant::Granted
                }
                Reservation::OverBudget { .. } => Grant::OverBudget,
                Reservation::UnknownPrice => Grant::UnknownPrice,
            };
            must!(got == expected, "{worst_case:?} was {got:?}, not {expected:?}");
            return Ok(());
        }
        let open = self.calls.get(&key).and_then(|calls| calls.first()).copied();
        let call = open.unwrap_or_else(LlmCallId::generate);
        let (ended, cost) = match operation {
            Operation::Answer { cost, .. } => (
                store.settle_llm_call(claim, call, answer(*cost)).await,
                Some(*cost),
            ),
            _ => (store.fail_llm_call(claim, call, "TEST", "no", 1).await, None),
        };
        if self.written(held, ended)?.is_some() {
            self.calls.entry(key).or_default().remove(0);
            self.task_mut(place).end_call(place.step, cost);
            self.count("called");
        }
        Ok(())
    }

    /// No worker ends a step well while a call of it is under way.
    pub(super) async fn answer_all(&mut self, held: &Held) -> Result<(), String> {
        let who = Who { at: 0, stale: false };
        while self.is_live(held) && !self.reference.step(held.place).calls.is_empty() {
            self.call(held, &Operation::Answer { who, cost: Some(3) }).await?;
        }
        Ok(())
    }

    pub(super) fn ending(held: &Held, at: usize) -> Ending {
        if held.place.step == 0 {
            let draft = plan(PLANS[at % PLANS.len()]);
            Ending::Plan {
                draft,
                author: PlanAuthor::User,
            }
        } else {
            Ending::Output(Box::new(output(&held.epoch().to_string())))
        }
    }

    /// What completing does to the reference; answers the steps that are ready now.
    pub(super) fn completed(&mut self, held: &Held, at: usize) -> Vec<Place> {
        let Place { task, step } = held.place;
        let plan = (step == 0).then(|| PLANS[at % PLANS.len()]);
        let freed = self.task_mut(held.place).complete(step, plan);
        self.count("completed");
        freed.into_iter().map(|step| Place { task, step }).collect()
    }

    async fn complete(&mut self, held: &Held, at: usize) -> Result<(), String> {
        self.answer_all(held).await?;
        let result = match Self::ending(held, at) {
            Ending::Plan { draft, author } => self.store.complete_planning(&held.claim, &draft, author).await,
            Ending::Output(result) => self.store.complete_step(&held.claim, *result).await,
        };
        if self.written(held, result)?.is_some() {
            if held.place.step == 0 && self.reference.tasks[held.place.task].cancelling {
                // No new steps for a task that is being cancelled.
                self.task_mut(held.place).stop(0);
            } else {
                self.completed(held, at);
                self.task_mut(held.place).conclude();
            }
        }
        Ok(())
    }
}
