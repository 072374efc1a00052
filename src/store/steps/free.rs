//! What waited for completed steps: counted down, and handed on or made ready when nothing is left to wait for.

use entity::{
    enums::{EventKind, StepKind, StepStatus},
    step,
};
use sea_orm::EntityTrait;
use serde_json::json;

use super::Settlement;
use crate::store::{
    StoreError,
    batch::Batch,
    connect::is_postgres,
    rows::{Kind, Rows},
};

/// Steps that go on in the worker that freed them, as far as it has room.
pub(in crate::store) struct HandOff<'a> {
    pub(in crate::store) worker: &'a str,
    pub(in crate::store) lease_ms: i64,
    pub(in crate::store) room: usize,
}

impl Batch {
    /// Counts down what waited for the completed steps. What waits for nothing more is handed on or made ready; returns
    /// what was handed on.
    pub(super) async fn free_dependents(
        &mut self,
        ended: &[&Settlement],
        hand_off: &HandOff<'_>,
    ) -> Result<Vec<step::Model>, StoreError> {
        let completed = Rows::new([("done_id", Kind::Uuid)]).with(
            ended
                .iter()
                .filter(|settlement| settlement.claim.step.kind == StepKind::Work)
                .map(|settlement| [settlement.claim.step.id.into()]),
        );
        if completed.is_empty() {
            return Ok(Vec::new());
        }
        let room = i64::try_from(hand_off.room).unwrap_or(i64::MAX);
        let values = [
            self.now.into(),
            room.into(),
            hand_off.worker.into(),
            hand_off.lease_ms.into(),
        ];
        let returned = if is_postgres(self.backend) { "step.*" } else { "*" };
        let free = completed.statement(self.backend, values, |places| {
            let (now, room, worker, lease) = (places.at(1), places.at(2), places.at(3), places.at(4));
            format!(
                "WITH waiting (waiting_id, done) AS (SELECT d.step_id, count(*) \
                 FROM r JOIN step_dependency d ON d.depends_on_id = r.done_id GROUP BY d.step_id), \
                 freed (freed_id, done, is_free) AS (SELECT s.id, waiting.done, \
                 CASE WHEN s.status = 'PENDING' AND s.open_dependencies <= waiting.done THEN 1 ELSE 0 END \
                 FROM waiting JOIN step s ON s.id = waiting.waiting_id), \
                 placed (freed_id, done, is_free, goes_on) AS (SELECT freed_id, done, is_free, \
                 CASE WHEN is_free = 1 AND row_number() OVER (ORDER BY is_free DESC, freed_id) <= {room} \
                 THEN 1 ELSE 0 END FROM freed) \
                 UPDATE step SET open_dependencies = open_dependencies - placed.done, \
                 status = CASE WHEN goes_on = 1 THEN 'RUNNING' WHEN is_free = 1 THEN 'READY' ELSE status END, \
                 run_at = CASE WHEN is_free = 1 THEN {now} ELSE run_at END, \
                 epoch = epoch + goes_on, attempts = attempts + goes_on, \
                 worker_id = CASE WHEN goes_on = 1 THEN {worker} ELSE worker_id END, \
                 lease_until = CASE WHEN goes_on = 1 THEN {now} + CAST({lease} AS BIGINT) ELSE lease_until END, \
                 started_at = CASE WHEN goes_on = 1 THEN COALESCE(started_at, {now}) ELSE started_at END, \
                 updated_at = {now} FROM placed WHERE step.id = placed.freed_id RETURNING {returned}"
            )
        });
        let mut changed = step::Entity::find().from_raw_sql(free).all(&self.tx).await?;
        changed.retain(|step| matches!(step.status, StepStatus::Ready | StepStatus::Running));
        changed.sort_by_key(|step| (step.task_id, step.position));
        let mut handed_on = Vec::new();
        for step in changed {
            self.record_ready(&step)?;
            if step.status == StepStatus::Running {
                handed_on.push(step);
            }
        }
        Ok(handed_on)
    }

    /// Says that a step became ready; one that goes on at once need not wake workers.
    pub(in crate::store) fn record_ready(&mut self, step: &step::Model) -> Result<(), StoreError> {
        let payload = json!({ "status": StepStatus::Ready, "key": step.key, "title": step.title });
        let edit = self.edit(step.task_id)?;
        edit.task.active_steps += 1;
        if step.status == StepStatus::Ready {
            edit.record(EventKind::StepReady, Some(step.id), &payload);
        } else {
            edit.record_quietly(EventKind::StepReady, Some(step.id), &payload);
        }
        Ok(())
    }
}
