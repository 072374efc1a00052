//! Plans: stored as immutable versions, their steps and edges beside them.

use std::collections::HashMap;

use entity::{
    enums::{EventKind, PlanAuthor, StepKind, StepStatus},
    ids::{PlanId, StepId, TaskId},
    plan, step, step_dependency,
    values::{JsonText, NanoUsd},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use serde_json::json;

use super::{
    Store, StoreError,
    batch::Batch,
    rows::{Kind, Rows, Writes},
    steps::{Claim, Ending, HandOff, Settlement},
    task_change::TaskChange,
};
use crate::domain::{plan::PlanDraft, scope::Scope};

impl Store {
    /// The plans of several tasks, newest version last.
    pub async fn plans_of_tasks(
        &self,
        scope: &Scope,
        ids: &[TaskId],
    ) -> Result<Vec<plan::Model>, StoreError> {
        Ok(plan::Entity::find()
            .filter(plan::Column::TenantId.eq(scope.tenant.clone()))
            .filter(plan::Column::TaskId.is_in(ids.iter().copied()))
            .all(&self.read)
            .await?)
    }
}

impl TaskChange {
    /// Which step of the task waits for which.
    pub(super) async fn edges(&self) -> Result<Vec<step_dependency::Model>, StoreError> {
        let steps = step::Entity::find()
            .select_only()
            .column(step::Column::Id)
            .filter(step::Column::TaskId.eq(self.task.id))
            .into_query();
        Ok(step_dependency::Entity::find()
            .filter(step_dependency::Column::StepId.in_subquery(steps))
            .all(&self.tx)
            .await?)
    }
}

/// A plan as it is about to be stored.
struct NewPlan<'a> {
    id: PlanId,
    claim: &'a Claim,
    draft: &'a PlanDraft,
    author: PlanAuthor,
    steps: HashMap<&'a str, StepId>,
}

impl Batch {
    /// Stores the plans among what ended, with their steps. A step that waits for nothing is handed on or ready; returns
    /// those handed on.
    pub(super) fn insert_plans(
        &mut self,
        ended: &[&Settlement],
        hand_off: &mut HandOff<'_>,
    ) -> Result<Vec<step::Model>, StoreError> {
        let plans: Vec<NewPlan<'_>> = ended
            .iter()
            .filter_map(|settlement| match &settlement.ending {
                Ending::Plan { draft, author } => Some(NewPlan::of(&settlement.claim, draft, *author)),
                Ending::Output(_) => None,
            })
            .collect();
        if plans.is_empty() {
            return Ok(Vec::new());
        }
        self.insert_documents(&plans)?;
        let (mut rows, mut handed_on) = (Vec::new(), Vec::new());
        for plan in &plans {
            let task_id = plan.claim.task.id;
            let edit = self.edit(task_id)?;
            edit.task.plan_id = Some(plan.id);
            edit.task.open_steps += i32::try_from(plan.draft.steps.len()).unwrap_or(i32::MAX);
            let payload = json!({
                "planId": plan.id, "version": 1, "author": plan.author, "steps": plan.draft.steps.len(),
            });
            edit.record(EventKind::PlanCreated, Some(plan.claim.step.id), &payload);
            let priority = edit.task.priority;
            for step in self.steps_of(plan, priority, hand_off) {
                if step.status != StepStatus::Pending {
                    self.record_ready(&step)?;
                }
                if step.status == StepStatus::Running {
                    handed_on.push(step.clone());
                }
                rows.push(step);
            }
        }
        insert_steps(&mut self.writes, &rows);
        self.insert_edges(&plans);
        Ok(handed_on)
    }

    fn insert_documents(&mut self, plans: &[NewPlan<'_>]) -> Result<(), StoreError> {
        let mut rows = Rows::new([
            ("id", Kind::Uuid),
            ("tenant_id", Kind::Text),
            ("task_id", Kind::Uuid),
            ("version", Kind::BigInt),
            ("author", Kind::Text),
            ("summary", Kind::Text),
            ("document", Kind::Text),
            ("created_at", Kind::BigInt),
        ]);
        for plan in plans {
            let task = &plan.claim.task;
            rows.push([
                plan.id.into(),
                task.tenant_id.clone().into(),
                task.id.into(),
                1_i64.into(),
                plan.author.as_str().into(),
                plan.draft.summary.as_str().into(),
                JsonText::of(plan.draft)?.into(),
                self.now.into(),
            ]);
        }
        self.writes.insert(rows, "plan");
        Ok(())
    }

    fn steps_of(&self, plan: &NewPlan<'_>, priority: i32, hand_off: &mut HandOff<'_>) -> Vec<step::Model> {
        let planning = &plan.claim.step;
        let row = |(at, draft): (usize, &crate::domain::plan::StepDraft)| {
            let status = if !draft.depends_on.is_empty() {
                StepStatus::Pending
            } else if hand_off.room > 0 {
                hand_off.room -= 1;
                StepStatus::Running
            } else {
                StepStatus::Ready
            };
            let goes_on = status == StepStatus::Running;
            step::Model {
                id: plan.steps[draft.key.as_str()],
                tenant_id: planning.tenant_id.clone(),
                task_id: planning.task_id,
                owner: planning.owner.clone(),
                plan_id: Some(plan.id),
                kind: StepKind::Work,
                position: i32::try_from(at).unwrap_or(i32::MAX - 1) + 1,
                key: draft.key.clone(),
                title: draft.title.clone(),
                instructions: draft.instructions.clone(),
                agent: draft.agent.clone(),
                status,
                waiting_on: None,
                priority,
                attempts: i32::from(goes_on),
                max_attempts: planning.max_attempts,
                epoch: i64::from(goes_on),
                journal_after: 0,
                worker_id: goes_on.then(|| hand_off.worker.to_owned()),
                lease_until: goes_on.then(|| self.now.plus(hand_off.lease_ms)),
                run_at: self.now,
                open_dependencies: i32::try_from(draft.depends_on.len()).unwrap_or(i32::MAX),
                cost_nanos: NanoUsd::ZERO,
                unpriced_entries: 0,
                error_code: None,
                error_message: None,
                created_at: self.now,
                started_at: goes_on.then_some(self.now),
                ended_at: None,
                updated_at: self.now,
            }
        };
        plan.draft.steps.iter().enumerate().map(row).collect()
    }

    fn insert_edges(&mut self, plans: &[NewPlan<'_>]) {
        let mut rows = Rows::new([
            ("step_id", Kind::Uuid),
            ("depends_on_id", Kind::Uuid),
            ("tenant_id", Kind::Text),
            ("task_id", Kind::Uuid),
        ]);
        for plan in plans {
            for step in &plan.draft.steps {
                for needed in &step.depends_on {
                    rows.push([
                        plan.steps[step.key.as_str()].into(),
                        plan.steps[needed.as_str()].into(),
                        plan.claim.task.tenant_id.clone().into(),
                        plan.claim.task.id.into(),
                    ]);
                }
            }
        }
        self.writes.insert(rows, "step_dependency");
    }
}

impl<'a> NewPlan<'a> {
    fn of(claim: &'a Claim, draft: &'a PlanDraft, author: PlanAuthor) -> Self {
        Self {
            id: PlanId::generate(),
            claim,
            draft,
            author,
            steps: draft
                .steps
                .iter()
                .map(|step| (step.key.as_str(), StepId::generate()))
                .collect(),
        }
    }
}

/// Inserts new steps.
pub(super) fn insert_steps(writes: &mut Writes, steps: &[step::Model]) {
    writes.write(step_rows(steps), |r| format!("{INSERT_STEPS} {r}"));
}

/// What differs between new steps; the rest is the same for all.
fn step_rows(steps: &[step::Model]) -> Rows<22> {
    let rows = steps.iter().map(|step| {
        [
            step.id.into(),
            step.tenant_id.clone().into(),
            step.task_id.into(),
            step.owner.clone().into(),
            step.plan_id.into(),
            step.kind.as_str().into(),
            i64::from(step.position).into(),
            step.key.as_str().into(),
            step.title.as_str().into(),
            step.instructions.as_str().into(),
            step.agent.as_str().into(),
            step.status.as_str().into(),
            i64::from(step.priority).into(),
            i64::from(step.attempts).into(),
            i64::from(step.max_attempts).into(),
            step.epoch.into(),
            step.worker_id.clone().into(),
            step.lease_until.into(),
            step.run_at.into(),
            i64::from(step.open_dependencies).into(),
            step.created_at.into(),
            step.started_at.into(),
        ]
    });
    Rows::new([
        ("id", Kind::Uuid),
        ("tenant_id", Kind::Text),
        ("task_id", Kind::Uuid),
        ("owner", Kind::Text),
        ("plan_id", Kind::UuidOrNull),
        ("kind", Kind::Text),
        ("position", Kind::BigInt),
        ("key", Kind::Text),
        ("title", Kind::Text),
        ("instructions", Kind::Text),
        ("agent", Kind::Text),
        ("status", Kind::Text),
        ("priority", Kind::BigInt),
        ("attempts", Kind::BigInt),
        ("max_attempts", Kind::BigInt),
        ("epoch", Kind::BigInt),
        ("worker_id", Kind::TextOrNull),
        ("lease_until", Kind::BigIntOrNull),
        ("run_at", Kind::BigInt),
        ("open_dependencies", Kind::BigInt),
        ("created_at", Kind::BigInt),
        ("started_at", Kind::BigIntOrNull),
    ])
    .with(rows)
}

const INSERT_STEPS: &str = "INSERT INTO step (id, tenant_id, task_id, owner, plan_id, kind, position, key, title, \
     instructions, agent, status, priority, attempts, max_attempts, epoch, journal_after, worker_id, lease_until, run_at, \
     open_dependencies, cost_nanos, unpriced_entries, created_at, started_at, updated_at) \
     SELECT id, tenant_id, task_id, owner, plan_id, kind, position, key, title, \
     instructions, agent, status, priority, attempts, max_attempts, epoch, 0, worker_id, lease_until, run_at, \
     open_dependencies, 0, 0, created_at, started_at, created_at FROM";
