//! Moving a step on within the change of its task: made ready, or ended.

use entity::{
    enums::{EventKind, StepStatus, WaitReason},
    ids::StepId,
    step,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;

use crate::{
    domain::lifecycle::Lifecycle,
    store::{StoreError, task_change::TaskChange},
};

/// Whether a step in this status is among its task's active ones.
pub(in crate::store) fn is_active(status: StepStatus) -> bool {
    matches!(status, StepStatus::Ready | StepStatus::Running)
}

impl TaskChange {
    /// Ends a step that is `from`, in the final status `to`.
    pub(in crate::store) async fn end_step(
        &mut self,
        id: StepId,
        from: StepStatus,
        to: StepStatus,
        error: Option<(&str, &str)>,
    ) -> Result<(), StoreError> {
        step::ActiveModel {
            id: Set(id),
            status: Set(from.to(to)?),
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
        self.task.active_steps -= i32::from(is_active(from));
        Ok(())
    }

    /// Offers steps to the workers.
    pub(in crate::store) async fn make_ready(&mut self, steps: &[step::Model]) -> Result<(), StoreError> {
        if steps.is_empty() {
            return Ok(());
        }
        for step in steps {
            step.status.to(StepStatus::Ready)?;
            self.task.active_steps += 1;
            let payload = json!({ "status": StepStatus::Ready, "key": step.key, "title": step.title });
            self.record(EventKind::StepReady, Some(step.id), &payload);
        }
        step::Entity::update_many()
            .col_expr(step::Column::Status, Expr::val(StepStatus::Ready))
            .col_expr(step::Column::WaitingOn, Expr::val(None::<WaitReason>))
            .col_expr(step::Column::RunAt, Expr::val(self.now))
            .col_expr(step::Column::UpdatedAt, Expr::val(self.now))
            .filter(step::Column::Id.is_in(steps.iter().map(|step| step.id)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}
