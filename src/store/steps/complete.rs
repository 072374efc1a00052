//! Completing a step: its output, what was learned, its dependents made ready and the task's end, in one transaction.

use entity::{
    enums::{AttemptOutcome, EventKind, MessageRole, StepStatus},
    ids::{MessageId, StepId},
    message, step, step_dependency, step_output,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, sea_query::Expr,
};
use serde_json::json;

use super::Claim;
use crate::{
    domain::lifecycle::Lifecycle,
    store::{Committed, Store, StoreError, memories::NewMemory, task_change::TaskChange},
};

/// What a step produced.
#[derive(Clone, Debug)]
pub struct StepResult {
    pub output: String,
    /// What is worth keeping beyond the task.
    pub memory: Option<NewMemory>,
}

impl Store {
    /// Ends a step well.
    pub async fn complete_step(&self, claim: &Claim, result: StepResult) -> Result<Committed, StoreError> {
        let mut change = self.change_held(claim).await?;
        step_output::ActiveModel {
            step_id: Set(claim.step.id),
            tenant_id: Set(claim.step.tenant_id.clone()),
            task_id: Set(claim.task.id),
            content: Set(result.output.clone()),
            created_at: Set(change.now),
        }
        .insert(&change.tx)
        .await?;
        message::ActiveModel {
            id: Set(MessageId::generate()),
            tenant_id: Set(claim.step.tenant_id.clone()),
            task_id: Set(claim.task.id),
            step_id: Set(Some(claim.step.id)),
            role: Set(MessageRole::Assistant),
            author: Set(Some(claim.step.agent.clone())),
            content: Set(result.output),
            created_at: Set(change.now),
        }
        .insert(&change.tx)
        .await?;
        if let Some(memory) = result.memory {
            change.store_memory(claim.step.id, &memory).await?;
        }
        change.complete(claim).await?;
        change.commit().await
    }
}

impl TaskChange {
    /// Marks the held step completed and moves on whatever waited for it.
    pub(in crate::store) async fn complete(&mut self, claim: &Claim) -> Result<(), StoreError> {
        self.end_step(
            claim.step.id,
            StepStatus::Running.to(StepStatus::Completed)?,
            None,
        )
        .await?;
        self.end_attempt(claim, AttemptOutcome::Completed, None).await?;
        let payload =
            json!({ "status": StepStatus::Completed, "title": claim.step.title, "agent": claim.step.agent });
        self.record(EventKind::StepCompleted, Some(claim.step.id), &payload);
        self.release_dependents(claim.step.id).await?;
        self.end_if_done().await
    }

    /// Writes a final status of a step.
    pub(in crate::store) async fn end_step(
        &mut self,
        id: StepId,
        status: StepStatus,
        error: Option<(&str, &str)>,
    ) -> Result<(), StoreError> {
        step::ActiveModel {
            id: Set(id),
            status: Set(status),
            waiting_on: Set(None),
            worker_id: Set(None),
            lease_until: Set(None),
            error_code: Set(error.map(|(code, _)| code.to_owned())),
            error_message: Set(error.map(|(_, message)| message.to_owned())),
            ended_at: Set(Some(self.now)),
            updated_at: Set(self.now),
            ..Default::default()
        }
        .update(&self.tx)
        .await?;
        self.task.open_steps -= 1;
        Ok(())
    }

    async fn release_dependents(&mut self, completed: StepId) -> Result<(), StoreError> {
        let dependents = step_dependency::Entity::find()
            .select_only()
            .column(step_dependency::Column::StepId)
            .filter(step_dependency::Column::DependsOnId.eq(completed))
            .into_query();
        step::Entity::update_many()
            .col_expr(
                step::Column::OpenDependencies,
                Expr::col(step::Column::OpenDependencies).sub(1),
            )
            .filter(step::Column::Id.in_subquery(dependents.clone()))
            .exec(&self.tx)
            .await?;
        let free = step::Entity::find()
            .filter(step::Column::Id.in_subquery(dependents))
            .filter(step::Column::Status.eq(StepStatus::Pending))
            .filter(step::Column::OpenDependencies.lte(0))
            .order_by_asc(step::Column::Position)
            .all(&self.tx)
            .await?;
        self.make_ready(&free).await
    }

    /// Offers steps to the workers.
    pub(in crate::store) async fn make_ready(&mut self, steps: &[step::Model]) -> Result<(), StoreError> {
        if steps.is_empty() {
            return Ok(());
        }
        for step in steps {
            step.status.to(StepStatus::Ready)?;
            let payload = json!({ "status": StepStatus::Ready, "key": step.key, "title": step.title });
            self.record(EventKind::StepReady, Some(step.id), &payload);
        }
        step::Entity::update_many()
            .col_expr(step::Column::Status, Expr::val(StepStatus::Ready))
            .col_expr(step::Column::RunAt, Expr::val(self.now))
            .col_expr(step::Column::UpdatedAt, Expr::val(self.now))
            .filter(step::Column::Id.is_in(steps.iter().map(|step| step.id)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}
