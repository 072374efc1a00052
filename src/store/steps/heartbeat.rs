//! Keeping leases: one statement for all steps of a worker, which also tells what it has lost or must stop.

use std::{collections::HashSet, time::Duration};

use entity::{enums::StepStatus, ids::StepId, step, task};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QuerySelect, sea_query::Expr};

use super::Claim;
use crate::store::{Store, StoreError, clock};

/// What a heartbeat learned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Steps whose claim no longer holds.
    pub lost: Vec<StepId>,
    /// Steps whose task is being cancelled.
    pub cancelled: Vec<StepId>,
}

impl Store {
    /// Extends the leases of `claims` by `lease` from now.
    pub async fn heartbeat(&self, claims: &[Claim], lease: Duration) -> Result<Pulse, StoreError> {
        if claims.is_empty() {
            return Ok(Pulse::default());
        }
        let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
        let held = claims.iter().fold(Condition::any(), |any, claim| {
            any.add(
                step::Column::Id
                    .eq(claim.step.id)
                    .and(step::Column::Epoch.eq(claim.step.epoch)),
            )
        });
        let now = clock::now_sql(self.write.get_database_backend());
        let kept: HashSet<StepId> = step::Entity::update_many()
            .col_expr(step::Column::LeaseUntil, Expr::cust(now).add(lease_ms))
            .filter(held)
            .filter(step::Column::Status.eq(StepStatus::Running))
            .exec_with_returning(&self.write)
            .await?
            .into_iter()
            .map(|step| step.id)
            .collect();
        let cancelling: HashSet<_> = task::Entity::find()
            .select_only()
            .column(task::Column::Id)
            .filter(task::Column::Id.is_in(claims.iter().map(|claim| claim.task.id)))
            .filter(task::Column::CancelRequestedAt.is_not_null())
            .into_tuple::<entity::ids::TaskId>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let (held, lost): (Vec<&Claim>, Vec<&Claim>) =
            claims.iter().partition(|claim| kept.contains(&claim.step.id));
        Ok(Pulse {
            lost: lost.iter().map(|claim| claim.step.id).collect(),
            cancelled: held
                .iter()
                .filter(|claim| cancelling.contains(&claim.task.id))
                .map(|claim| claim.step.id)
                .collect(),
        })
    }
}
