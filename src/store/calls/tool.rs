//! Tool calls: written down, sent, settled. A refused call is logged like any other.

use entity::{
    enums::{CallStatus, EventKind, LedgerKind, ToolEffect},
    ids::{StepId, ToolCallId},
    tool_call,
    values::NanoUsd,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::attempts_after;
use crate::{
    domain::lifecycle::Lifecycle,
    store::{
        Committed, Store, StoreError,
        ledger::{NewLedgerEntry, Tokens},
        steps::Claim,
        task_change::TaskChange,
    },
};

/// A tool call about to be made, or refused.
#[derive(Clone, Debug)]
pub struct NewToolCall {
    /// Place among the step's tool calls, from 0.
    pub ordinal: i32,
    pub tool: String,
    pub effect: Option<ToolEffect>,
    pub arguments: String,
    pub arguments_hash: String,
    pub idempotency_key: String,
}

/// How a tool call ended.
#[derive(Clone, Debug)]
pub enum ToolSettlement {
    Succeeded { result: String, truncated: bool },
    Failed { code: String, message: String },
}

/// What a call of a tool costs, and by which prices.
#[derive(Clone, Debug)]
pub struct ToolPrice {
    pub amount: NanoUsd,
    pub version: String,
}

impl Store {
    /// Writes a call down as sent. Nothing is sent before this returns.
    pub async fn dispatch_tool_call(
        &self,
        claim: &Claim,
        call: &NewToolCall,
    ) -> Result<ToolCallId, StoreError> {
        let change = self.change_held(claim).await?;
        let id = ToolCallId::generate();
        let status = CallStatus::Reserved.to(CallStatus::Dispatched)?;
        row(claim, id, call, status, change.now)
            .insert(&change.tx)
            .await?;
        change.commit().await?;
        Ok(id)
    }

    /// Writes down that a call is sent once more, because a person wants it. Nothing is sent before this returns.
    pub async fn dispatch_again(&self, claim: &Claim, id: ToolCallId) -> Result<(), StoreError> {
        let change = self.change_held(claim).await?;
        let call = change.tool_call(id).await?;
        tool_call::ActiveModel {
            id: Set(id),
            attempt_id: Set(claim.attempt_id),
            status: Set(call.status.to(CallStatus::Dispatched)?),
            started_at: Set(change.now),
            ..Default::default()
        }
        .update(&change.tx)
        .await?;
        change.commit().await?;
        Ok(())
    }

    /// Logs a call that was refused before it was sent.
    pub async fn refuse_tool_call(
        &self,
        claim: &Claim,
        call: &NewToolCall,
        code: &str,
        message: &str,
    ) -> Result<Committed, StoreError> {
        let mut change = self.change_held(claim).await?;
        let id = ToolCallId::generate();
        let refused = tool_call::ActiveModel {
            error_code: Set(Some(code.to_owned())),
            error_message: Set(Some(message.to_owned())),
            ended_at: Set(Some(change.now)),
            duration_ms: Set(Some(0)),
            ..row(
                claim,
                id,
                call,
                CallStatus::Reserved.to(CallStatus::Failed)?,
                change.now,
            )
        };
        refused.insert(&change.tx).await?;
        let payload = json!({
            "callId": id, "tool": call.tool, "status": CallStatus::Failed,
            "error": { "code": code, "message": message },
        });
        change.record(EventKind::ToolCallSettled, Some(claim.step.id), &payload);
        change.commit().await
    }

    /// Stores how a call ended. Only after this may its result be used.
    pub async fn settle_tool_call(
        &self,
        claim: &Claim,
        id: ToolCallId,
        settled: ToolSettlement,
        price: Option<&ToolPrice>,
        duration_ms: i64,
    ) -> Result<Committed, StoreError> {
        let mut change = self.change_held(claim).await?;
        let call = change.tool_call(id).await?;
        if call.status.is_final() {
            // The first try took hold, and only its answer was lost.
            return change.commit().await;
        }
        let (status, result, truncated, error) = match settled {
            ToolSettlement::Succeeded { result, truncated } => {
                (CallStatus::Succeeded, Some(result), truncated, None)
            }
            ToolSettlement::Failed { code, message } => {
                (CallStatus::Failed, None, false, Some((code, message)))
            }
        };
        let payload = json!({
            "callId": id, "tool": call.tool, "status": status, "durationMs": duration_ms,
            "error": error.as_ref().map(|(code, message)| json!({ "code": code, "message": message })),
        });
        let (error_code, error_message) = error.unzip();
        tool_call::ActiveModel {
            id: Set(id),
            status: Set(call.status.to(status)?),
            result: Set(result),
            truncated: Set(truncated),
            error_code: Set(error_code),
            error_message: Set(error_message),
            ended_at: Set(Some(change.now)),
            cost_nanos: Set(price.map(|price| price.amount)),
            duration_ms: Set(Some(duration_ms)),
            ..Default::default()
        }
        .update(&change.tx)
        .await?;
        if let Some(price) = price {
            change.pay_tool(&call, &claim.step.agent, price).await?;
        }
        change.record(EventKind::ToolCallSettled, Some(claim.step.id), &payload);
        change.commit().await
    }

    /// Every tool call of a step in its attempts after `epoch`, in order.
    pub async fn journaled_tool_calls(
        &self,
        step: StepId,
        epoch: i64,
    ) -> Result<Vec<tool_call::Model>, StoreError> {
        Ok(tool_call::Entity::find()
            .filter(tool_call::Column::StepId.eq(step))
            .filter(tool_call::Column::AttemptId.in_subquery(attempts_after(step, epoch)))
            .order_by_asc(tool_call::Column::Id)
            .all(&self.read)
            .await?)
    }
}

impl TaskChange {
    /// A tool call of the task, as it is now.
    pub(super) async fn tool_call(&self, id: ToolCallId) -> Result<tool_call::Model, StoreError> {
        tool_call::Entity::find_by_id(id)
            .one(&self.tx)
            .await?
            .ok_or(StoreError::Missing("a tool call"))
    }

    /// Pays for a call that took place.
    pub(super) async fn pay_tool(
        &mut self,
        call: &tool_call::Model,
        agent: &str,
        price: &ToolPrice,
    ) -> Result<(), StoreError> {
        let entry = NewLedgerEntry {
            kind: LedgerKind::ToolCall,
            call_id: Some(call.id.0),
            agent: Some(agent.to_owned()),
            provider: "tool".to_owned(),
            model: call.tool.clone(),
            tokens: Tokens::default(),
            amount: Some(price.amount),
            price_version: price.version.clone(),
        };
        self.pay(Some(call.step_id), entry).await
    }
}

fn row(
    claim: &Claim,
    id: ToolCallId,
    call: &NewToolCall,
    status: CallStatus,
    now: entity::values::UnixMillis,
) -> tool_call::ActiveModel {
    tool_call::ActiveModel {
        id: Set(id),
        tenant_id: Set(claim.step.tenant_id.clone()),
        task_id: Set(claim.task.id),
        step_id: Set(claim.step.id),
        attempt_id: Set(claim.attempt_id),
        ordinal: Set(call.ordinal),
        tool: Set(call.tool.clone()),
        effect: Set(call.effect),
        arguments: Set(call.arguments.clone()),
        arguments_hash: Set(call.arguments_hash.clone()),
        idempotency_key: Set(call.idempotency_key.clone()),
        status: Set(status),
        result: Set(None),
        truncated: Set(false),
        error_code: Set(None),
        error_message: Set(None),
        cost_nanos: Set(None),
        started_at: Set(now),
        ended_at: Set(None),
        duration_ms: Set(None),
        decision: Set(None),
        decided_by: Set(None),
        decided_at: Set(None),
        decision_note: Set(None),
    }
}
