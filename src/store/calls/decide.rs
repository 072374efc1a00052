//! A person settles a tool call of which nobody knew how it had ended; the step that waited for that goes on.

use entity::{
    enums::{CallStatus, EventKind, TaskStatus, ToolDecision, WaitReason},
    ids::ToolCallId,
    step, task, tool_call,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use super::{ToolPrice, doubt::in_words};
use crate::{
    domain::{lifecycle::Lifecycle, scope::Scope},
    store::{Committed, Store, StoreError, task_change::TaskChange},
};

/// What the model is told of a call that did not happen.
const DID_NOT_HAPPEN: &str = "the call did not take effect: a person made sure of it";

/// What a person says of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub decision: ToolDecision,
    /// What the tool answered; for [`ToolDecision::Happened`] only.
    pub result: Option<String>,
    /// For the record.
    pub note: Option<String>,
}

/// What became of a decision. Each carries the rows as they are now.
#[derive(Clone, Debug)]
pub enum DecideOutcome {
    Accepted(Box<(tool_call::Model, step::Model, task::Model)>, Committed),
    /// The outcome of the call is known, by an earlier decision or because it never was in doubt.
    NotInDoubt(Box<tool_call::Model>),
    /// The task has ended or is being cancelled.
    Ended(Box<task::Model>),
}

impl Store {
    /// Settles a call, in the name of the scope's user. `price_of` says what a call of a tool costs that took place.
    /// None if the scope has no such call.
    pub async fn decide_tool_call(
        &self,
        scope: &Scope,
        id: ToolCallId,
        decision: Decision,
        price_of: impl Fn(&str) -> Option<ToolPrice>,
    ) -> Result<Option<DecideOutcome>, StoreError> {
        let seen = tool_call::Entity::find_by_id(id)
            .filter(tool_call::Column::TenantId.eq(scope.tenant.clone()))
            .one(&self.read)
            .await?;
        let Some(seen) = seen else { return Ok(None) };
        let Some(mut change) = self.change_task(seen.task_id).await? else {
            return Ok(None);
        };
        if !scope.covers(&change.task.tenant_id, &change.task.user_id) {
            change.abandon().await?;
            return Ok(None);
        }
        let call = change.tool_call(id).await?;
        let refusal = if call.status != CallStatus::Unknown {
            Some(DecideOutcome::NotInDoubt(Box::new(call.clone())))
        } else if change.task.status.is_final() || change.task.cancel_requested_at.is_some() {
            Some(DecideOutcome::Ended(Box::new(change.task.clone())))
        } else {
            None
        };
        if let Some(refusal) = refusal {
            change.abandon().await?;
            return Ok(Some(refusal));
        }
        let step = change.step(call.step_id).await?;
        let price = price_of(&call.tool).filter(|_| decision.decision == ToolDecision::Happened);
        if let Some(price) = &price {
            change.pay_tool(&call, &step.agent, price).await?;
        }
        let call = change.decide(scope, call, decision, price.as_ref()).await?;
        change.let_go_on(step).await?;
        let step = change.step(call.step_id).await?;
        let task = change.task.clone();
        let committed = change.commit().await?;
        Ok(Some(DecideOutcome::Accepted(
            Box::new((call, step, task)),
            committed,
        )))
    }
}

impl TaskChange {
    async fn decide(
        &mut self,
        scope: &Scope,
        call: tool_call::Model,
        decision: Decision,
        price: Option<&ToolPrice>,
    ) -> Result<tool_call::Model, StoreError> {
        let Decision {
            decision,
            result,
            note,
        } = decision;
        let (status, error) = match decision {
            ToolDecision::Happened => (CallStatus::Succeeded, None),
            ToolDecision::DidNotHappen => (CallStatus::Failed, Some(("DID_NOT_HAPPEN", DID_NOT_HAPPEN))),
            ToolDecision::RunAgain => (CallStatus::Reserved, None),
        };
        let status = call.status.to(status)?;
        let payload = json!({
            "callId": call.id, "tool": call.tool, "status": status, "decision": decision, "userId": scope.user,
            "note": note,
        });
        let decided = tool_call::ActiveModel {
            id: Set(call.id),
            status: Set(status),
            result: Set(result),
            error_code: Set(error.map(|(code, _)| code.to_owned())),
            error_message: Set(error.map(|(_, message)| message.to_owned())),
            cost_nanos: Set(price.map(|price| price.amount)),
            ended_at: Set(status.is_final().then_some(self.now)),
            decision: Set(Some(decision)),
            decided_by: Set(scope.user.clone()),
            decided_at: Set(Some(self.now)),
            decision_note: Set(note),
            ..Default::default()
        }
        .update(&self.tx)
        .await?;
        self.record(EventKind::ToolCallDecided, Some(call.step_id), &payload);
        Ok(decided)
    }

    /// Offers the step to the workers again once none of its calls is in doubt. A step that is not waiting any more, or
    /// not yet, goes on by itself.
    async fn let_go_on(&mut self, step: step::Model) -> Result<(), StoreError> {
        if step.waiting_on != Some(WaitReason::Approval) {
            return Ok(());
        }
        let undecided = self.undecided_calls(&[step.id]).await?;
        let is_settled = undecided.is_empty();
        step::ActiveModel {
            id: Set(step.id),
            error_code: Set(step.error_code.clone().filter(|_| !is_settled)),
            error_message: Set((!is_settled).then(|| in_words(&undecided))),
            updated_at: Set(self.now),
            ..Default::default()
        }
        .update(&self.tx)
        .await?;
        if is_settled {
            if self.task.status == TaskStatus::Waiting {
                self.move_task(TaskStatus::Running)?;
                let payload = json!({ "status": TaskStatus::Running });
                self.record(EventKind::TaskResumed, None, &payload);
            }
            self.make_ready(std::slice::from_ref(&step)).await?;
        }
        Ok(())
    }
}
