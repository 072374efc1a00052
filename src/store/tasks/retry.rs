//! Going on with a task that failed or was cancelled, from where it stopped. Completed steps keep their outputs.

use entity::{
    enums::{EventKind, StepStatus, TaskStatus},
    ids::{StepId, TaskId},
    step, task,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use std::collections::{HashMap, HashSet};

use crate::{
    domain::{lifecycle::Lifecycle, scope::Scope},
    store::{Committed, Store, StoreError, steps::is_active},
};

/// What became of a request to retry.
#[derive(Clone, Debug)]
pub enum RetryOutcome {
    Accepted(Box<task::Model>, Committed),
    /// Only failed and cancelled tasks can be retried.
    NotRetryable(Box<task::Model>),
}

impl Store {
    /// Puts every failed, cancelled or skipped step back, with fresh attempts. None if the scope has no such task.
    pub async fn retry_task(&self, scope: &Scope, id: TaskId) -> Result<Option<RetryOutcome>, StoreError> {
        let Some(mut change) = self.change_task(id).await? else {
            return Ok(None);
        };
        if !scope.covers(&change.task.tenant_id, &change.task.user_id) {
            change.abandon().await?;
            return Ok(None);
        }
        if !matches!(change.task.status, TaskStatus::Failed | TaskStatus::Cancelled) {
            let task = change.task.clone();
            change.abandon().await?;
            return Ok(Some(RetryOutcome::NotRetryable(Box::new(task))));
        }
        let steps = step::Entity::find()
            .filter(step::Column::TaskId.eq(id))
            .order_by_asc(step::Column::Position)
            .all(&change.tx)
            .await?;
        let edges = change.edges().await?;
        let completed: HashSet<StepId> = steps
            .iter()
            .filter(|step| step.status == StepStatus::Completed)
            .map(|step| step.id)
            .collect();
        let mut open: HashMap<StepId, i32> = HashMap::new();
        for edge in edges
            .iter()
            .filter(|edge| !completed.contains(&edge.depends_on_id))
        {
            *open.entry(edge.step_id).or_default() += 1;
        }
        change.move_task(TaskStatus::Running)?;
        change.task.ended_at = None;
        change.task.cancel_requested_at = None;
        change.task.error_code = None;
        change.task.error_message = None;
        change.record(
            EventKind::TaskResumed,
            None,
            &json!({ "status": TaskStatus::Running }),
        );
        for step in steps.iter().filter(|step| step.status != StepStatus::Completed) {
            let open_dependencies = open.get(&step.id).copied().unwrap_or_default();
            let status = step.status.to(if open_dependencies == 0 {
                StepStatus::Ready
            } else {
                StepStatus::Pending
            })?;
            step::ActiveModel {
                id: Set(step.id),
                status: Set(status),
                waiting_on: Set(None),
                open_dependencies: Set(open_dependencies),
                attempts: Set(0),
                run_at: Set(change.now),
                error_code: Set(None),
                error_message: Set(None),
                ended_at: Set(None),
                updated_at: Set(change.now),
                ..Default::default()
            }
            .update(&change.tx)
            .await?;
            change.task.open_steps += 1;
            change.task.active_steps += i32::from(is_active(status));
            if status == StepStatus::Ready {
                change.record(
                    EventKind::StepReady,
                    Some(step.id),
                    &json!({ "status": status, "key": step.key }),
                );
            }
        }
        // The last step may have completed after the cancel was asked for: nothing is left to do, and nobody would end it.
        if change.task.open_steps == 0 {
            change.end_if_done().await?;
        }
        let task = change.task.clone();
        let committed = change.commit().await?;
        Ok(Some(RetryOutcome::Accepted(Box::new(task), committed)))
    }
}
