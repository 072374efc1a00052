//! The end of a task: when its last step has ended, or when nothing can go on without a person.

use std::collections::HashSet;

use entity::{
    enums::{EventKind, StepKind, StepStatus, TaskStatus},
    step, step_dependency, step_output,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::json;

use crate::store::{StoreError, task_change::TaskChange};

impl TaskChange {
    /// Ends the task if no step is open; puts it to waiting if every open step waits for a person.
    pub(in crate::store) async fn end_if_done(&mut self) -> Result<(), StoreError> {
        if self.task.open_steps <= 0 {
            return self.end_task().await;
        }
        let moving = step::Entity::find()
            .filter(step::Column::TaskId.eq(self.task.id))
            .filter(step::Column::Status.is_in([StepStatus::Ready, StepStatus::Running]))
            .count(&self.tx)
            .await?;
        if moving == 0 && self.task.status == TaskStatus::Running {
            self.move_task(TaskStatus::Waiting)?;
            self.record(
                EventKind::TaskWaiting,
                None,
                &json!({ "status": TaskStatus::Waiting }),
            );
        }
        Ok(())
    }

    /// Decides how the task ended and writes its result.
    pub(in crate::store) async fn end_task(&mut self) -> Result<(), StoreError> {
        let steps = step::Entity::find()
            .filter(step::Column::TaskId.eq(self.task.id))
            .order_by_asc(step::Column::Position)
            .all(&self.tx)
            .await?;
        let failed: Vec<&step::Model> = steps
            .iter()
            .filter(|step| step.status == StepStatus::Failed)
            .collect();
        if self.task.cancel_requested_at.is_some() {
            self.move_task(TaskStatus::Cancelled)?;
            self.record(
                EventKind::TaskCancelled,
                None,
                &json!({ "status": TaskStatus::Cancelled }),
            );
        } else if let Some(first) = failed.first() {
            self.move_task(TaskStatus::Failed)?;
            self.task.error_code = first.error_code.clone();
            let reasons: Vec<String> = failed
                .iter()
                .map(|step| {
                    format!(
                        "{}: {}",
                        step.title,
                        step.error_message.as_deref().unwrap_or("no reason given")
                    )
                })
                .collect();
            self.task.error_message = Some(reasons.join("\n"));
            let payload = json!({ "status": TaskStatus::Failed, "error": { "code": first.error_code, "message": reasons } });
            self.record(EventKind::TaskFailed, None, &payload);
        } else {
            self.move_task(TaskStatus::Completed)?;
            self.task.result = Some(self.result_of(&steps).await?);
            self.record(
                EventKind::TaskCompleted,
                None,
                &json!({ "status": TaskStatus::Completed }),
            );
        }
        Ok(())
    }

    /// The outputs of the steps that nothing builds on; headed by their titles where there are several.
    async fn result_of(&self, steps: &[step::Model]) -> Result<String, StoreError> {
        let task = self.task.id;
        let edges = step_dependency::Entity::find()
            .filter(step_dependency::Column::TaskId.eq(task))
            .all(&self.tx)
            .await?;
        let built_on: HashSet<_> = edges.iter().map(|edge| edge.depends_on_id).collect();
        let last: Vec<&step::Model> = steps
            .iter()
            .filter(|step| step.kind == StepKind::Work && !built_on.contains(&step.id))
            .collect();
        let outputs = step_output::Entity::find()
            .filter(step_output::Column::StepId.is_in(last.iter().map(|step| step.id)))
            .all(&self.tx)
            .await?;
        let parts: Vec<String> = last
            .iter()
            .filter_map(|step| Some((step, outputs.iter().find(|output| output.step_id == step.id)?)))
            .map(|(step, output)| {
                if last.len() == 1 {
                    output.content.clone()
                } else {
                    format!("## {}\n\n{}", step.title, output.content)
                }
            })
            .collect();
        Ok(parts.join("\n\n"))
    }
}
