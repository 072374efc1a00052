//! Raising a budget: steps that waited for money go on.

use entity::{
    enums::{EventKind, StepStatus, TaskStatus, WaitReason},
    ids::TaskId,
    step, task,
    values::NanoUsd,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::{
    domain::{lifecycle::Lifecycle, scope::Scope},
    store::{Committed, Store, StoreError, task_change::TaskChange},
};

/// What became of a request to raise a budget.
#[derive(Clone, Debug)]
pub enum RaiseOutcome {
    Accepted(Box<task::Model>, Committed),
    /// The new budget is not above the old one, or there was none.
    NotHigher(Box<task::Model>),
    /// The task has ended.
    Ended(Box<task::Model>),
}

impl Store {
    /// Sets a higher budget. None if the scope has no such task.
    pub async fn raise_budget(
        &self,
        scope: &Scope,
        id: TaskId,
        budget: NanoUsd,
    ) -> Result<Option<RaiseOutcome>, StoreError> {
        let Some(mut change) = self.change_task(id).await? else {
            return Ok(None);
        };
        if !scope.covers(&change.task.tenant_id, &change.task.user_id) {
            change.abandon().await?;
            return Ok(None);
        }
        let refusal = if change.task.status.is_final() {
            Some(RaiseOutcome::Ended(Box::new(change.task.clone())))
        } else if change.task.budget_nanos.is_none_or(|old| old >= budget) {
            Some(RaiseOutcome::NotHigher(Box::new(change.task.clone())))
        } else {
            None
        };
        if let Some(refusal) = refusal {
            change.abandon().await?;
            return Ok(Some(refusal));
        }
        change.task.budget_nanos = Some(budget);
        change.record(EventKind::BudgetRaised, None, &json!({ "budgetNanos": budget }));
        change.wake_those_waiting_for_money().await?;
        let task = change.task.clone();
        let committed = change.commit().await?;
        Ok(Some(RaiseOutcome::Accepted(Box::new(task), committed)))
    }
}

impl TaskChange {
    /// Whether a call of this worst case is within what is left of the budget.
    pub(in crate::store) fn can_afford(&self, needed: NanoUsd) -> bool {
        let spent = self.task.cost_nanos + self.task.reserved_nanos;
        self.task
            .budget_nanos
            .is_none_or(|budget| needed.0 <= budget.0 - spent.0)
    }

    /// Offers the steps that wait for money to the workers again: what they need may be there now.
    pub(in crate::store) async fn wake_those_waiting_for_money(&mut self) -> Result<(), StoreError> {
        let waiting = step::Entity::find()
            .filter(step::Column::TaskId.eq(self.task.id))
            .filter(step::Column::Status.eq(StepStatus::Waiting))
            .filter(step::Column::WaitingOn.eq(WaitReason::Budget))
            .all(&self.tx)
            .await?;
        if !waiting.is_empty() {
            if self.task.status == TaskStatus::Waiting {
                self.move_task(TaskStatus::Running)?;
                self.record(
                    EventKind::TaskResumed,
                    None,
                    &json!({ "status": TaskStatus::Running }),
                );
            }
            self.make_ready(&waiting).await?;
        }
        Ok(())
    }
}
