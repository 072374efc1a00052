//! Reading steps and what belongs to them, in batches by their owners.

use entity::{
    attempt,
    ids::{StepId, TaskId},
    llm_call, step, step_dependency, step_output, tool_call,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    domain::scope::Scope,
    store::{Store, StoreError},
};

/// What earlier steps of a task produced, in reading order.
pub type Outputs = Vec<(step::Model, String)>;

impl Store {
    /// One step, if its task is in the scope.
    pub async fn step(&self, scope: &Scope, id: StepId) -> Result<Option<step::Model>, StoreError> {
        let found = step::Entity::find_by_id(id)
            .filter(step::Column::TenantId.eq(scope.tenant.clone()))
            .one(&self.read)
            .await?;
        match found {
            Some(step) if self.task(scope, step.task_id).await?.is_some() => Ok(Some(step)),
            _ => Ok(None),
        }
    }

    /// The steps of several tasks of a tenant, in reading order.
    pub async fn steps_of_tasks(
        &self,
        scope: &Scope,
        ids: &[TaskId],
    ) -> Result<Vec<step::Model>, StoreError> {
        Ok(step::Entity::find()
            .filter(step::Column::TenantId.eq(scope.tenant.clone()))
            .filter(step::Column::TaskId.is_in(ids.iter().copied()))
            .order_by_asc(step::Column::Position)
            .order_by_asc(step::Column::Id)
            .all(&self.read)
            .await?)
    }

    /// Several steps of a tenant by id.
    pub async fn steps_by_id(&self, scope: &Scope, ids: &[StepId]) -> Result<Vec<step::Model>, StoreError> {
        Ok(step::Entity::find()
            .filter(step::Column::TenantId.eq(scope.tenant.clone()))
            .filter(step::Column::Id.is_in(ids.iter().copied()))
            .all(&self.read)
            .await?)
    }

    /// For several steps, each step they wait for.
    pub async fn dependencies_of(
        &self,
        scope: &Scope,
        ids: &[StepId],
    ) -> Result<Vec<(StepId, step::Model)>, StoreError> {
        let edges = step_dependency::Entity::find()
            .filter(step_dependency::Column::TenantId.eq(scope.tenant.clone()))
            .filter(step_dependency::Column::StepId.is_in(ids.iter().copied()))
            .all(&self.read)
            .await?;
        let needed: Vec<StepId> = edges.iter().map(|edge| edge.depends_on_id).collect();
        let steps = self.steps_by_id(scope, &needed).await?;
        let mut pairs: Vec<(StepId, step::Model)> = edges
            .iter()
            .filter_map(|edge| {
                Some((
                    edge.step_id,
                    steps.iter().find(|step| step.id == edge.depends_on_id)?.clone(),
                ))
            })
            .collect();
        pairs.sort_by_key(|(_, needed)| needed.position);
        Ok(pairs)
    }

    /// The outputs of several steps.
    pub async fn outputs_of(
        &self,
        scope: &Scope,
        ids: &[StepId],
    ) -> Result<Vec<step_output::Model>, StoreError> {
        Ok(step_output::Entity::find()
            .filter(step_output::Column::TenantId.eq(scope.tenant.clone()))
            .filter(step_output::Column::StepId.is_in(ids.iter().copied()))
            .all(&self.read)
            .await?)
    }

    /// The attempts of several steps, oldest first.
    pub async fn attempts_of(
        &self,
        scope: &Scope,
        ids: &[StepId],
    ) -> Result<Vec<attempt::Model>, StoreError> {
        Ok(attempt::Entity::find()
            .filter(attempt::Column::TenantId.eq(scope.tenant.clone()))
            .filter(attempt::Column::StepId.is_in(ids.iter().copied()))
            .order_by_asc(attempt::Column::Epoch)
            .all(&self.read)
            .await?)
    }

    /// The tool calls of several steps, in order.
    pub async fn tool_calls_of(
        &self,
        scope: &Scope,
        ids: &[StepId],
    ) -> Result<Vec<tool_call::Model>, StoreError> {
        Ok(tool_call::Entity::find()
            .filter(tool_call::Column::TenantId.eq(scope.tenant.clone()))
            .filter(tool_call::Column::StepId.is_in(ids.iter().copied()))
            .order_by_asc(tool_call::Column::Id)
            .all(&self.read)
            .await?)
    }

    /// The model calls of several steps, in order.
    pub async fn llm_calls_of(
        &self,
        scope: &Scope,
        ids: &[StepId],
    ) -> Result<Vec<llm_call::Model>, StoreError> {
        Ok(llm_call::Entity::find()
            .filter(llm_call::Column::TenantId.eq(scope.tenant.clone()))
            .filter(llm_call::Column::StepId.is_in(ids.iter().copied()))
            .order_by_asc(llm_call::Column::Id)
            .all(&self.read)
            .await?)
    }

    /// What the steps that `id` depends on produced, in reading order.
    pub async fn earlier_outputs(&self, scope: &Scope, id: StepId) -> Result<Outputs, StoreError> {
        let steps: Vec<step::Model> = self
            .dependencies_of(scope, &[id])
            .await?
            .into_iter()
            .map(|(_, step)| step)
            .collect();
        let ids: Vec<StepId> = steps.iter().map(|step| step.id).collect();
        let outputs = self.outputs_of(scope, &ids).await?;
        Ok(steps
            .into_iter()
            .filter_map(|step| {
                let output = outputs.iter().find(|output| output.step_id == step.id)?;
                Some((step, output.content.clone()))
            })
            .collect())
    }

    /// Whether other steps of the task build on this one.
    pub async fn has_dependents(&self, id: StepId) -> Result<bool, StoreError> {
        let edge = step_dependency::Entity::find()
            .filter(step_dependency::Column::DependsOnId.eq(id))
            .one(&self.read)
            .await?;
        Ok(edge.is_some())
    }
}
