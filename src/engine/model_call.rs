//! Asking a model: the worst case reserved, the answer stored and paid, and only then used. A journaled answer is used
//! again instead of being bought again.

use std::collections::HashMap;

use entity::{
    llm_call, tool_call,
    values::{JsonText, NanoUsd},
};

use super::{
    Engine,
    error::{StepError, model_error_code},
    settle::settle,
};
use crate::{
    domain::{clock::Stopwatch, digest::sha256_hex},
    feed::output::OutputWriter,
    llm::{
        ChatModel,
        chat::{ChatAnswer, ChatRequest, Usage},
        tokens::{estimate_request, estimate_tokens},
    },
    store::{
        Store, StoreError,
        calls::{LlmSettlement, NewLlmCall, Reservation},
        ledger::Tokens,
        steps::Claim,
    },
};

/// What earlier attempts of a step were answered, and where this one is.
pub(super) struct Journal {
    answers: HashMap<(i32, String), llm_call::Model>,
    pub(super) tool_calls: Vec<tool_call::Model>,
    next_answer: i32,
    pub(super) next_tool_call: i32,
}

impl Journal {
    /// Everything earlier attempts wrote down; a first attempt has nothing to read.
    pub(super) async fn load(store: &Store, claim: &Claim) -> Result<Self, StoreError> {
        let (answers, tool_calls) = if claim.step.epoch > 1 {
            (
                store
                    .journaled_answers(claim.step.id, claim.step.journal_after)
                    .await?,
                store
                    .journaled_tool_calls(claim.step.id, claim.step.journal_after)
                    .await?,
            )
        } else {
            (Vec::new(), Vec::new())
        };
        let answers = answers
            .into_iter()
            .map(|call| ((call.ordinal, call.request_hash.clone()), call))
            .collect();
        Ok(Self {
            answers,
            tool_calls,
            next_answer: 0,
            next_tool_call: 0,
        })
    }

    /// Whether an earlier attempt was answered.
    pub(super) fn has_answers(&self) -> bool {
        !self.answers.is_empty()
    }
}

impl Engine {
    /// The model's answer to `request`, which is the next in the step's conversation. Its text goes to `text` as it
    /// comes.
    pub(super) async fn ask(
        &self,
        claim: &Claim,
        model: &dyn ChatModel,
        request: &ChatRequest,
        journal: &mut Journal,
        text: &OutputWriter,
    ) -> Result<ChatAnswer, StepError> {
        let ordinal = journal.next_answer;
        journal.next_answer += 1;
        text.begin_answer();
        let request_hash = hash(request).map_err(StoreError::Json)?;
        if let Some(call) = journal.answers.get(&(ordinal, request_hash.clone()))
            && let Some(answer) = &call.answer
        {
            tracing::info!(call.id = %call.id, "using the journaled answer");
            let answer: ChatAnswer = answer.parse().map_err(StoreError::Json)?;
            text.end_answer(&answer.content);
            return Ok(answer);
        }
        let call = NewLlmCall {
            ordinal,
            provider: model.provider().to_owned(),
            model: request.model.clone(),
            request_hash,
            worst_case: self.worst_case(model.provider(), request),
        };
        let id = match self.store.reserve_llm_call(claim, &call).await? {
            Reservation::Granted(id) => id,
            Reservation::OverBudget { left, needed } => return Err(over_budget(left, needed)),
            Reservation::UnknownPrice => return Err(unknown_price(&call)),
        };
        let watch = Stopwatch::start();
        match model.chat(request, &|piece| text.write(piece)).await {
            Ok(answer) => {
                text.end_answer(&answer.content);
                let settled = self.settlement(&call, request, &answer, watch.elapsed_ms())?;
                // The answer is paid for: a database that is away for a moment must not lose it.
                settle(&self.feed, || {
                    self.store.settle_llm_call(claim, id, settled.clone())
                })
                .await?;
                Ok(answer)
            }
            Err(error) => {
                let (code, message) = (model_error_code(&error), error.to_string());
                let change = self
                    .store
                    .fail_llm_call(claim, id, code, &message, watch.elapsed_ms())
                    .await?;
                self.feed.announce(&change).await;
                Err(error.into())
            }
        }
    }

    /// The most a call can cost: everything sent, and the longest answer allowed, at the dearest price each can have.
    /// What is sent is counted by estimate, so half of it is added. None if the price is not known.
    fn worst_case(&self, provider: &str, request: &ChatRequest) -> Option<NanoUsd> {
        let input = estimate_request(request);
        let (input, output) = (input + input / 2, u64::from(request.max_output_tokens));
        self.prices
            .worst_case(provider, &request.model, input, output)
            .map(NanoUsd)
    }

    fn settlement(
        &self,
        call: &NewLlmCall,
        request: &ChatRequest,
        answer: &ChatAnswer,
        duration_ms: i64,
    ) -> Result<LlmSettlement, StepError> {
        let estimated = answer.usage.is_none();
        let usage = answer.usage.unwrap_or_else(|| Usage {
            input: estimate_request(request),
            output: estimate_tokens(&answer.content)
                + answer
                    .tool_calls
                    .iter()
                    .map(|call| estimate_tokens(&call.arguments))
                    .sum::<u64>(),
            ..Usage::default()
        });
        let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        Ok(LlmSettlement {
            answer: JsonText::of(answer).map_err(StoreError::Json)?,
            model: answer.model.clone(),
            tokens: Tokens {
                input: count(usage.input),
                cache_read: count(usage.cache_read),
                cache_write: count(usage.cache_write),
                output: count(usage.output),
                reasoning: count(usage.reasoning),
                estimated,
            },
            amount: self.prices.cost(&call.provider, &call.model, &usage).map(NanoUsd),
            price_version: self.prices.version().to_owned(),
            duration_ms,
        })
    }
}

fn hash(request: &ChatRequest) -> Result<String, serde_json::Error> {
    Ok(sha256_hex(&serde_json::to_vec(request)?))
}

fn over_budget(left: NanoUsd, needed: NanoUsd) -> StepError {
    let message = format!(
        "the next model call may cost {needed} USD, and {left} USD of the task's budget is left: raise it with \
         raiseBudget"
    );
    StepError::Wait {
        reason: entity::enums::WaitReason::Budget,
        needed: Some(needed),
        message,
    }
}

fn unknown_price(call: &NewLlmCall) -> StepError {
    let message = format!(
        "the task has a budget, and the price of {}/{} is not known: add it to the price file, or submit without a budget",
        call.provider, call.model
    );
    StepError::Fail {
        code: "UNKNOWN_PRICE",
        message,
    }
}
