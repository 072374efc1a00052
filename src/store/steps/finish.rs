//! The end of a task: when its last step has ended, or when nothing can go on without a person.

use entity::{
    enums::{EventKind, StepStatus, TaskStatus},
    ids::{StepId, TaskId},
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

use crate::{
    domain::lifecycle::Lifecycle,
    store::{
        StoreError,
        rows::{Kind, Rows},
        task_change::{TaskChange, TaskEdit},
    },
};

/// A step that decides how its task ended: one that failed, or one that nothing builds on.
#[derive(Clone, Debug, FromQueryResult)]
pub(in crate::store) struct LastStep {
    pub(in crate::store) id: StepId,
    pub(in crate::store) task_id: TaskId,
    status: StepStatus,
    title: String,
    error_code: Option<String>,
    error_message: Option<String>,
    pub(in crate::store) output: Option<String>,
}

/// The steps that decide about several tasks, in reading order.
pub(in crate::store) async fn last_steps(
    tx: &impl ConnectionTrait,
    tasks: &[TaskId],
) -> Result<Vec<LastStep>, StoreError> {
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let backend = tx.get_database_backend();
    let over = Rows::new([("over_id", Kind::Uuid)]).with(tasks.iter().map(|id| [(*id).into()]));
    let select = over.statement(backend, [], |_| {
        "SELECT s.id, s.task_id, s.status, s.title, s.error_code, s.error_message, o.content AS output \
         FROM r JOIN step s ON s.task_id = r.over_id LEFT JOIN step_output o ON o.step_id = s.id \
         WHERE s.status = 'FAILED' OR (s.kind = 'WORK' AND NOT EXISTS \
         (SELECT 1 FROM step_dependency d WHERE d.depends_on_id = s.id)) ORDER BY s.position"
            .to_owned()
    });
    Ok(LastStep::find_by_statement(select).all(tx).await?)
}

impl TaskChange {
    /// Ends the task if no step is open; puts it to waiting if every open step waits for a person.
    pub(in crate::store) async fn end_if_done(&mut self) -> Result<(), StoreError> {
        let over: &[TaskId] = if self.task.open_steps <= 0 {
            &[self.task.id]
        } else {
            &[]
        };
        let steps = last_steps(&self.tx, over).await?;
        self.conclude(&steps)
    }
}

impl TaskEdit {
    /// The same, given the steps that decide about the task.
    pub(in crate::store) fn conclude(&mut self, steps: &[LastStep]) -> Result<(), StoreError> {
        if self.task.status.is_final() {
            // Held only because a settlement came too late, which must not take the rest of its batch down.
            return Ok(());
        }
        if self.task.open_steps <= 0 {
            return self.end_task(steps);
        }
        if self.task.active_steps <= 0 && self.task.status == TaskStatus::Running {
            self.move_task(TaskStatus::Waiting)?;
            let payload = json!({ "status": TaskStatus::Waiting });
            self.record(EventKind::TaskWaiting, None, &payload);
        }
        Ok(())
    }

    /// Decides how the task ended and writes its result.
    fn end_task(&mut self, steps: &[LastStep]) -> Result<(), StoreError> {
        let failed: Vec<&LastStep> = steps
            .iter()
            .filter(|step| step.status == StepStatus::Failed)
            .collect();
        if self.task.cancel_requested_at.is_some() {
            self.move_task(TaskStatus::Cancelled)?;
            let payload = json!({ "status": TaskStatus::Cancelled });
            self.record(EventKind::TaskCancelled, None, &payload);
        } else if let Some(first) = failed.first() {
            self.move_task(TaskStatus::Failed)?;
            self.task.error_code = first.error_code.clone();
            let reasons: Vec<String> = failed
                .iter()
                .map(|step| {
                    let reason = step.error_message.as_deref().unwrap_or("no reason given");
                    format!("{}: {reason}", step.title)
                })
                .collect();
            self.task.error_message = Some(reasons.join("\n"));
            let payload = json!({
                "status": TaskStatus::Failed, "error": { "code": first.error_code, "message": reasons },
            });
            self.record(EventKind::TaskFailed, None, &payload);
        } else {
            self.move_task(TaskStatus::Completed)?;
            self.task.result = Some(result_of(steps));
            let payload = json!({ "status": TaskStatus::Completed });
            self.record(EventKind::TaskCompleted, None, &payload);
        }
        Ok(())
    }
}

/// The outputs of the steps that nothing builds on; headed by their titles where there are several.
fn result_of(steps: &[LastStep]) -> String {
    let parts: Vec<String> = steps
        .iter()
        .filter_map(|step| Some((step, step.output.as_ref()?)))
        .map(|(step, output)| {
            if steps.len() == 1 {
                output.clone()
            } else {
                format!("## {}\n\n{output}", step.title)
            }
        })
        .collect();
    parts.join("\n\n")
}
