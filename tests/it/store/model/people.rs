//! What people ask for.

use agent_orchestrator::store::tasks::{CancelOutcome, RaiseOutcome, RetryOutcome};
use entity::values::NanoUsd;

use super::{must, world::World};
use crate::store::scope;

impl World {
    pub(super) async fn cancel(&mut self, task: usize) -> Result<(), String> {
        let at = task % self.tasks.len();
        let outcome = self.store.cancel_task(&scope(), self.tasks[at]).await;
        let took = match outcome.map_err(|error| format!("{error:?}"))? {
            Some(CancelOutcome::Accepted(..)) => true,
            Some(CancelOutcome::Unchanged(_)) => false,
            None => return Err("the task is not there".to_owned()),
        };
        must!(took == self.reference.tasks[at].cancel(), "cancelled: {took}");
        if took {
            self.count("cancelled");
        }
        Ok(())
    }

    pub(super) async fn retry(&mut self, task: usize) -> Result<(), String> {
        let at = task % self.tasks.len();
        let outcome = self.store.retry_task(&scope(), self.tasks[at]).await;
        let took = match outcome.map_err(|error| format!("{error:?}"))? {
            Some(RetryOutcome::Accepted(..)) => true,
            Some(RetryOutcome::NotRetryable(_)) => false,
            None => return Err("the task is not there".to_owned()),
        };
        must!(took == self.reference.tasks[at].retry(), "retried: {took}");
        if took {
            self.count("retried");
        }
        Ok(())
    }

    pub(super) async fn raise(&mut self, task: usize, by: i64) -> Result<(), String> {
        let at = task % self.tasks.len();
        let budget = self.reference.tasks[at].budget.unwrap_or_default() + by;
        let outcome = self
            .store
            .raise_budget(&scope(), self.tasks[at], NanoUsd(budget))
            .await;
        let took = match outcome.map_err(|error| format!("{error:?}"))? {
            Some(RaiseOutcome::Accepted(..)) => true,
            Some(RaiseOutcome::NotHigher(_) | RaiseOutcome::Ended(_)) => false,
            None => return Err("the task is not there".to_owned()),
        };
        must!(took == self.reference.tasks[at].raise(budget), "raised: {took}");
        Ok(())
    }
}
