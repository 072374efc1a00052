//! Plans: a version with its steps and edges stored together, and the planning step completed with them.

use std::collections::HashMap;

use entity::{
    enums::{EventKind, PlanAuthor, StepKind, StepStatus},
    ids::{PlanId, StepId, TaskId},
    plan, step, step_dependency,
    values::{JsonText, NanoUsd},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::{Committed, Store, StoreError, steps::Claim, task_change::TaskChange};
use crate::domain::{plan::PlanDraft, scope::Scope};

impl Store {
    /// Stores a checked plan and completes the planning step that made it. Steps without dependencies become ready.
    pub async fn complete_planning(
        &self,
        claim: &Claim,
        draft: &PlanDraft,
        author: PlanAuthor,
    ) -> Result<Committed, StoreError> {
        let mut change = self.change_held(claim).await?;
        // Its steps would be ready to be claimed, and the cancel has been told to those under way already.
        if change.task.cancel_requested_at.is_some() {
            change.cancel_held(claim).await?;
            return change.commit().await;
        }
        let plan_id = PlanId::generate();
        plan::ActiveModel {
            id: Set(plan_id),
            tenant_id: Set(change.task.tenant_id.clone()),
            task_id: Set(change.task.id),
            version: Set(1),
            author: Set(author),
            summary: Set(draft.summary.clone()),
            document: Set(JsonText::of(draft)?),
            created_at: Set(change.now),
        }
        .insert(&change.tx)
        .await?;
        change.task.plan_id = Some(plan_id);
        let payload =
            json!({ "planId": plan_id, "version": 1, "author": author, "steps": draft.steps.len() });
        change.record(EventKind::PlanCreated, Some(claim.step.id), &payload);
        let ready = change
            .insert_steps(draft, plan_id, claim.step.max_attempts)
            .await?;
        change.make_ready(&ready).await?;
        change.complete(claim).await?;
        change.commit().await
    }

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
    /// Inserts the steps and edges of a plan; returns the steps that wait for nothing.
    async fn insert_steps(
        &mut self,
        draft: &PlanDraft,
        plan_id: PlanId,
        max_attempts: i32,
    ) -> Result<Vec<step::Model>, StoreError> {
        let ids: HashMap<&str, StepId> = draft
            .steps
            .iter()
            .map(|step| (step.key.as_str(), StepId::generate()))
            .collect();
        let rows: Vec<step::Model> = draft
            .steps
            .iter()
            .enumerate()
            .map(|(at, step)| step::Model {
                id: ids[step.key.as_str()],
                tenant_id: self.task.tenant_id.clone(),
                task_id: self.task.id,
                plan_id: Some(plan_id),
                kind: StepKind::Work,
                position: i32::try_from(at).unwrap_or(i32::MAX - 1) + 1,
                key: step.key.clone(),
                title: step.title.clone(),
                instructions: step.instructions.clone(),
                agent: step.agent.clone(),
                status: StepStatus::Pending,
                waiting_on: None,
                priority: self.task.priority,
                attempts: 0,
                max_attempts,
                epoch: 0,
                journal_after: 0,
                worker_id: None,
                lease_until: None,
                run_at: self.now,
                open_dependencies: i32::try_from(step.depends_on.len()).unwrap_or(i32::MAX),
                cost_nanos: NanoUsd::ZERO,
                unpriced_entries: 0,
                error_code: None,
                error_message: None,
                created_at: self.now,
                started_at: None,
                ended_at: None,
                updated_at: self.now,
            })
            .collect();
        let edges: Vec<step_dependency::ActiveModel> = draft
            .steps
            .iter()
            .flat_map(|step| {
                step.depends_on
                    .iter()
                    .map(|needed| (ids[step.key.as_str()], ids[needed.as_str()]))
            })
            .map(|(step_id, depends_on_id)| step_dependency::ActiveModel {
                step_id: Set(step_id),
                depends_on_id: Set(depends_on_id),
                tenant_id: Set(self.task.tenant_id.clone()),
                task_id: Set(self.task.id),
            })
            .collect();
        self.task.open_steps += i32::try_from(rows.len()).unwrap_or(i32::MAX);
        step::Entity::insert_many(rows.iter().cloned().map(IntoActiveModel::into_active_model))
            .exec_without_returning(&self.tx)
            .await?;
        if !edges.is_empty() {
            step_dependency::Entity::insert_many(edges)
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(rows
            .into_iter()
            .filter(|step| step.open_dependencies == 0)
            .collect())
    }
}
