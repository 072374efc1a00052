//! Model calls: the worst case reserved against the budget, then the answer stored and paid in one transaction.

use entity::{
    enums::{CallStatus, EventKind, LedgerKind},
    ids::{LlmCallId, StepId},
    llm_call,
    values::{JsonText, NanoUsd},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
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

/// A model call about to be made.
#[derive(Clone, Debug)]
pub struct NewLlmCall {
    /// Place in the step's conversation, from 0.
    pub ordinal: i32,
    pub provider: String,
    pub model: String,
    pub request_hash: String,
    /// The most it can cost. None: the price is not known.
    pub worst_case: Option<NanoUsd>,
}

/// Whether a call may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// It may; it counts as sent from now on.
    Granted(LlmCallId),
    /// It could cost more than is left of the task's budget.
    OverBudget { left: NanoUsd, needed: NanoUsd },
    /// The task has a budget, and a price that is not known cannot be held to it.
    UnknownPrice,
}

/// How a model call ended well.
#[derive(Clone, Debug)]
pub struct LlmSettlement {
    pub answer: JsonText,
    /// The model that answered, as the provider names it.
    pub model: String,
    pub tokens: Tokens,
    /// None where the price is not known.
    pub amount: Option<NanoUsd>,
    pub price_version: String,
    pub duration_ms: i64,
}

impl Store {
    /// Writes a call down and holds its worst case against the budget.
    pub async fn reserve_llm_call(
        &self,
        claim: &Claim,
        call: &NewLlmCall,
    ) -> Result<Reservation, StoreError> {
        let mut change = self.change_held(claim).await?;
        if let Some(budget) = change.task.budget_nanos {
            let left = NanoUsd(budget.0 - change.task.cost_nanos.0 - change.task.reserved_nanos.0);
            let refusal = match call.worst_case {
                None => Some(Reservation::UnknownPrice),
                Some(needed) if needed > left => Some(Reservation::OverBudget { left, needed }),
                Some(_) => None,
            };
            if let Some(refusal) = refusal {
                change.abandon().await?;
                return Ok(refusal);
            }
        }
        let id = LlmCallId::generate();
        let reserved = call.worst_case.unwrap_or_default();
        change.task.reserved_nanos = change.task.reserved_nanos + reserved;
        llm_call::ActiveModel {
            id: Set(id),
            tenant_id: Set(claim.step.tenant_id.clone()),
            task_id: Set(claim.task.id),
            step_id: Set(claim.step.id),
            attempt_id: Set(claim.attempt_id),
            ordinal: Set(call.ordinal),
            provider: Set(call.provider.clone()),
            model: Set(call.model.clone()),
            status: Set(CallStatus::Reserved.to(CallStatus::Dispatched)?),
            request_hash: Set(call.request_hash.clone()),
            answer: Set(None),
            error_code: Set(None),
            error_message: Set(None),
            input_tokens: Set(0),
            cache_read_tokens: Set(0),
            cache_write_tokens: Set(0),
            output_tokens: Set(0),
            reasoning_tokens: Set(0),
            reserved_nanos: Set(call.worst_case),
            cost_nanos: Set(None),
            started_at: Set(change.now),
            ended_at: Set(None),
            duration_ms: Set(None),
        }
        .insert(&change.tx)
        .await?;
        change.commit().await?;
        Ok(Reservation::Granted(id))
    }

    /// Stores an answer with its cost. Only after this may the answer be used.
    pub async fn settle_llm_call(
        &self,
        claim: &Claim,
        id: LlmCallId,
        settled: LlmSettlement,
    ) -> Result<Committed, StoreError> {
        let mut change = self.change_held(claim).await?;
        let call = change.llm_call(id).await?;
        if call.status == CallStatus::Succeeded {
            // The first try took hold, and only its answer was lost.
            return change.commit().await;
        }
        change.give_back(&call).await?;
        let Tokens {
            input,
            cache_read,
            cache_write,
            output,
            reasoning,
            estimated,
        } = settled.tokens;
        llm_call::ActiveModel {
            id: Set(id),
            status: Set(call.status.to(CallStatus::Succeeded)?),
            answer: Set(Some(settled.answer)),
            input_tokens: Set(input),
            cache_read_tokens: Set(cache_read),
            cache_write_tokens: Set(cache_write),
            output_tokens: Set(output),
            reasoning_tokens: Set(reasoning),
            reserved_nanos: Set(None),
            cost_nanos: Set(settled.amount),
            ended_at: Set(Some(change.now)),
            duration_ms: Set(Some(settled.duration_ms)),
            ..Default::default()
        }
        .update(&change.tx)
        .await?;
        change
            .pay(
                Some(claim.step.id),
                NewLedgerEntry {
                    kind: LedgerKind::LlmCall,
                    call_id: Some(id.0),
                    agent: Some(claim.step.agent.clone()),
                    provider: call.provider.clone(),
                    model: call.model.clone(),
                    tokens: settled.tokens,
                    amount: settled.amount,
                    price_version: settled.price_version,
                },
            )
            .await?;
        let payload = json!({
            "callId": id, "status": CallStatus::Succeeded, "provider": call.provider, "model": settled.model,
            "inputTokens": input + cache_read + cache_write, "outputTokens": output + reasoning,
            "estimated": estimated, "costNanos": settled.amount, "durationMs": settled.duration_ms,
        });
        change.record(EventKind::LlmCallSettled, Some(claim.step.id), &payload);
        change.commit().await
    }

    /// Closes a call that the provider did not answer. It costs nothing.
    pub async fn fail_llm_call(
        &self,
        claim: &Claim,
        id: LlmCallId,
        code: &str,
        message: &str,
        duration_ms: i64,
    ) -> Result<Committed, StoreError> {
        let mut change = self.change_held(claim).await?;
        let call = change.llm_call(id).await?;
        change.give_back(&call).await?;
        llm_call::ActiveModel {
            id: Set(id),
            status: Set(call.status.to(CallStatus::Failed)?),
            error_code: Set(Some(code.to_owned())),
            error_message: Set(Some(message.to_owned())),
            reserved_nanos: Set(None),
            ended_at: Set(Some(change.now)),
            duration_ms: Set(Some(duration_ms)),
            ..Default::default()
        }
        .update(&change.tx)
        .await?;
        let payload = json!({
            "callId": id, "status": CallStatus::Failed, "provider": call.provider, "model": call.model,
            "error": { "code": code, "message": message }, "durationMs": duration_ms,
        });
        change.record(EventKind::LlmCallSettled, Some(claim.step.id), &payload);
        change.commit().await
    }

    /// The answers a step has been given in its attempts after `epoch`, by their place in its conversation.
    pub async fn journaled_answers(
        &self,
        step: StepId,
        epoch: i64,
    ) -> Result<Vec<llm_call::Model>, StoreError> {
        Ok(llm_call::Entity::find()
            .filter(llm_call::Column::StepId.eq(step))
            .filter(llm_call::Column::AttemptId.in_subquery(attempts_after(step, epoch)))
            .filter(llm_call::Column::Status.eq(CallStatus::Succeeded))
            .all(&self.read)
            .await?)
    }
}

impl TaskChange {
    async fn llm_call(&self, id: LlmCallId) -> Result<llm_call::Model, StoreError> {
        llm_call::Entity::find_by_id(id)
            .one(&self.tx)
            .await?
            .ok_or(StoreError::Missing("a model call"))
    }

    /// Frees what a call held against the budget. Steps that waited for money look again.
    async fn give_back(&mut self, call: &llm_call::Model) -> Result<(), StoreError> {
        let reserved = call.reserved_nanos.unwrap_or_default();
        self.task.reserved_nanos = NanoUsd(self.task.reserved_nanos.0 - reserved.0);
        if self.task.budget_nanos.is_some() && reserved > NanoUsd::ZERO {
            self.wake_those_waiting_for_money().await?;
        }
        Ok(())
    }

    /// Closes the model calls an ended attempt left open and frees what they held against the budget. Of its open
    /// tool calls, those that do harm when repeated are from now on in doubt; the next attempt sends the others again.
    pub(in crate::store) async fn release_reservations(&mut self, claim: &Claim) -> Result<(), StoreError> {
        let open = llm_call::Entity::find()
            .filter(llm_call::Column::StepId.eq(claim.step.id))
            .filter(llm_call::Column::AttemptId.eq(claim.attempt_id))
            .filter(llm_call::Column::Status.is_in([CallStatus::Reserved, CallStatus::Dispatched]))
            .all(&self.tx)
            .await?;
        for call in open {
            self.give_back(&call).await?;
            // Sent, and nobody knows what it cost: unknown, unless its price is known to be zero.
            let amount = call.reserved_nanos.filter(|reserved| *reserved == NanoUsd::ZERO);
            let entry = NewLedgerEntry {
                kind: LedgerKind::LlmCall,
                call_id: Some(call.id.0),
                agent: Some(claim.step.agent.clone()),
                provider: call.provider.clone(),
                model: call.model.clone(),
                tokens: Tokens {
                    estimated: true,
                    ..Tokens::default()
                },
                amount,
                price_version: String::new(),
            };
            self.pay(Some(claim.step.id), entry).await?;
            llm_call::ActiveModel {
                id: Set(call.id),
                status: Set(call.status.to(CallStatus::Failed)?),
                cost_nanos: Set(amount),
                error_code: Set(Some("ABANDONED".to_owned())),
                error_message: Set(Some("the attempt ended before the answer came".to_owned())),
                reserved_nanos: Set(None),
                ended_at: Set(Some(self.now)),
                ..Default::default()
            }
            .update(&self.tx)
            .await?;
        }
        self.doubt_what_was_sent(claim).await
    }
}
