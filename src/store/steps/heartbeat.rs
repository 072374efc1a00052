//! Keeping leases: one statement for all steps of a worker, which also tells what it has lost or must stop.

use std::{collections::HashSet, time::Duration};

use entity::{ids::StepId, task};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::Claim;
use crate::store::{
    Store, StoreError, clock,
    connect::is_postgres,
    rows::{Kind, Rows},
};

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
        let held = Rows::new([("held_id", Kind::Uuid), ("held_epoch", Kind::BigInt)]).with(
            claims
                .iter()
                .map(|claim| [claim.step.id.into(), claim.step.epoch.into()]),
        );
        let backend = self.batches.get_database_backend();
        let extend = held.statement(backend, [lease_ms.into()], |places| {
            let (now, lease) = (clock::now_sql(backend), places.at(1));
            let is_held = "step.id = r.held_id AND step.epoch = r.held_epoch AND COALESCE(step.status, '') = 'RUNNING'";
            if is_postgres(backend) {
                // In the order in which settling takes them, so that the two cannot wait for each other.
                format!(
                    "WITH mine AS (SELECT step.id FROM r JOIN step ON {is_held} ORDER BY step.id FOR UPDATE OF step) \
                     UPDATE step SET lease_until = {now} + {lease} WHERE id IN (SELECT id FROM mine) RETURNING id"
                )
            } else {
                format!("UPDATE step SET lease_until = {now} + {lease} FROM r WHERE {is_held} RETURNING id")
            }
        });
        let kept: HashSet<StepId> = self
            .batches
            .query_all_raw(extend)
            .await?
            .iter()
            .map(|row| row.try_get("", "id"))
            .collect::<Result<_, _>>()?;
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
