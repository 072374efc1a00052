//! Short-term memory: what was said within a task. What an agent answered is kept once, as the output of its step.

use std::collections::HashMap;

use entity::{
    enums::MessageRole,
    ids::{MessageId, StepId, TaskId},
    message, step, step_output,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Store, StoreError};
use crate::domain::scope::Scope;

impl Store {
    /// The messages of several tasks of a tenant, oldest first.
    pub async fn messages_of_tasks(
        &self,
        scope: &Scope,
        ids: &[TaskId],
    ) -> Result<Vec<message::Model>, StoreError> {
        let mut messages = message::Entity::find()
            .filter(message::Column::TenantId.eq(scope.tenant.clone()))
            .filter(message::Column::TaskId.is_in(ids.iter().copied()))
            .all(&self.read)
            .await?;
        let steps: HashMap<StepId, step::Model> = self
            .steps_of_tasks(scope, ids)
            .await?
            .into_iter()
            .map(|step| (step.id, step))
            .collect();
        let answered: Vec<StepId> = steps.keys().copied().collect();
        let outputs = self.outputs_of(scope, &answered).await?;
        messages.extend(outputs.into_iter().map(|output| {
            let step = steps.get(&output.step_id);
            answer(output, step)
        }));
        messages.sort_by_key(|message| (message.created_at, message.id));
        Ok(messages)
    }
}

/// An output as the message it is. It has the step's id: a step answers once.
fn answer(output: step_output::Model, step: Option<&step::Model>) -> message::Model {
    message::Model {
        id: MessageId(output.step_id.0),
        tenant_id: output.tenant_id,
        task_id: output.task_id,
        step_id: Some(output.step_id),
        role: MessageRole::Assistant,
        author: step.map(|step| step.agent.clone()),
        content: output.content,
        created_at: output.created_at,
    }
}
