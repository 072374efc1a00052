//! Leases that run out, and steps that are taken back.

use std::time::Duration;

use entity::{
    enums::{AttemptOutcome, StepStatus},
    ids::StepId,
    step,
    values::UnixMillis,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    must,
    reference::Place,
    world::{Held, World},
};

impl World {
    /// Lets the time of leases pass.
    pub(super) async fn expire(&mut self, places: &[Place]) {
        let ids: Vec<StepId> = self
            .places
            .iter()
            .filter(|(_, place)| places.contains(place))
            .map(|(id, _)| *id)
            .collect();
        step::Entity::update_many()
            .col_expr(step::Column::LeaseUntil, Expr::val(UnixMillis(1)))
            .filter(step::Column::Id.is_in(ids))
            .filter(step::Column::Status.eq(StepStatus::Running))
            .exec(&self.db)
            .await
            .unwrap();
        for place in places {
            if self.reference.step(*place).status == StepStatus::Running {
                self.reference.step_mut(*place).lease_is_over = true;
            }
        }
    }

    pub(super) async fn crash(&mut self, worker: usize) -> Result<(), String> {
        let (dead, alive): (Vec<Held>, Vec<Held>) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|held| held.worker == worker);
        self.held = alive;
        let lost: Vec<Place> = dead
            .iter()
            .filter(|held| self.is_live(held))
            .map(|held| held.place)
            .collect();
        self.expire(&lost).await;
        Ok(())
    }

    pub(super) async fn rescue(&mut self) -> Result<(), String> {
        let silent = self.reference.silent();
        let mut rescued = 0;
        // A lease of nothing is over with the clock's next tick.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            rescued += self
                .store
                .rescue_steps(100)
                .await
                .map_err(|error| format!("{error:?}"))?
                .len();
            if rescued >= silent.len() {
                break;
            }
            must!(
                tokio::time::Instant::now() < deadline,
                "{rescued} of {silent:?} were taken back"
            );
            tokio::task::yield_now().await;
        }
        must!(
            rescued == silent.len(),
            "{rescued} steps were taken back, not {silent:?}"
        );
        for place in silent {
            self.task_mut(place)
                .fail(place.step, Some(false), AttemptOutcome::Expired);
            self.count("rescued");
        }
        Ok(())
    }
}
