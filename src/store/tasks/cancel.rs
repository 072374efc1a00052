//! Cancelling: the durable intent first. Steps under way are told by their workers' next heartbeat or the doorbell.

use entity::{
    enums::{EventKind, StepStatus, TaskStatus, WaitReason},
    ids::{StepId, TaskId},
    step, task,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use serde_json::json;

use crate::{
    domain::{lifecycle::Lifecycle, scope::Scope},
    store::{
        Committed, Store, StoreError,
        steps::{is_active, unknown_fate},
        task_change::TaskChange,
    },
};

/// What became of a request to cancel.
#[derive(Clone, Debug)]
pub enum CancelOutcome {
    /// It was taken; the task is cancelled, or will be when the steps under way have stopped.
    Accepted(Box<task::Model>, Committed),
    /// The task had ended, or was being cancelled, before.
    Unchanged(Box<task::Model>),
}

impl Store {
    /// Asks for a task to be stopped. None if the scope has no such task.
    pub async fn cancel_task(&self, scope: &Scope, id: TaskId) -> Result<Option<CancelOutcome>, StoreError> {
        let Some(mut change) = self.change_task(id).await? else {
            return Ok(None);
        };
        if !scope.covers(&change.task.tenant_id, &change.task.user_id) {
            change.abandon().await?;
            return Ok(None);
        }
        if change.task.status.is_final() || change.task.cancel_requested_at.is_some() {
            let task = change.task.clone();
            change.abandon().await?;
            return Ok(Some(CancelOutcome::Unchanged(Box::new(task))));
        }
        change.task.cancel_requested_at = Some(change.now);
        change.record(EventKind::CancelRequested, None, &json!({}));
        change.cancel_idle_steps().await?;
        if change.task.open_steps == 0 {
            change.end_if_done().await?;
        } else {
            change.tell_cancelled();
        }
        let task = change.task.clone();
        let committed = change.commit().await?;
        Ok(Some(CancelOutcome::Accepted(Box::new(task), committed)))
    }
}

impl TaskChange {
    /// Cancels every step that nobody is working on.
    async fn cancel_idle_steps(&mut self) -> Result<(), StoreError> {
        let idle = step::Entity::find()
            .filter(step::Column::TaskId.eq(self.task.id))
            .filter(step::Column::Status.is_in([StepStatus::Pending, StepStatus::Ready, StepStatus::Waiting]))
            .order_by_asc(step::Column::Position)
            .all(&self.tx)
            .await?;
        let waiting: Vec<StepId> = idle
            .iter()
            .filter(|step| step.status == StepStatus::Waiting)
            .map(|step| step.id)
            .collect();
        let in_doubt = self.undecided_calls(&waiting).await?;
        for step in &idle {
            step.status.to(StepStatus::Cancelled)?;
            self.task.active_steps -= i32::from(is_active(step.status));
            let in_flight: Vec<_> = in_doubt
                .iter()
                .filter(|call| call.step_id == step.id)
                .map(unknown_fate)
                .collect();
            let payload = json!({ "status": StepStatus::Cancelled, "inFlight": in_flight });
            self.record(EventKind::StepCancelled, Some(step.id), &payload);
        }
        step::Entity::update_many()
            .col_expr(step::Column::Status, Expr::val(StepStatus::Cancelled))
            .col_expr(step::Column::WaitingOn, Expr::val(None::<WaitReason>))
            .col_expr(step::Column::EndedAt, Expr::val(self.now))
            .col_expr(step::Column::UpdatedAt, Expr::val(self.now))
            .filter(step::Column::Id.is_in(idle.iter().map(|step| step.id)))
            .exec(&self.tx)
            .await?;
        let ended: Vec<StepId> = idle.iter().map(|step| step.id).collect();
        self.close_tool_calls(&ended).await?;
        self.task.open_steps -= i32::try_from(idle.len()).unwrap_or(i32::MAX);
        if self.task.status == TaskStatus::Waiting && self.task.open_steps > 0 {
            self.move_task(TaskStatus::Running)?;
        }
        Ok(())
    }
}
