//! Asking a model: the worst case reserved, the answer stored and paid, and only then used. A journaled answer is used
//! again instead of being bought again. Where a model does not answer the agent's next one is asked, as a call of its own.

use std::{borrow::Cow, collections::HashMap, time::Duration};

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
    agents::role::AgentRole,
    domain::{clock::Stopwatch, digest::sha256_hex},
    feed::output::OutputWriter,
    llm::{
        LlmError,
        chat::{ChatAnswer, ChatRequest, Usage},
        route::{Candidate, Route},
        router::Wish,
        tokens::{estimate_answer, estimate_request},
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
    /// What the answers used so far have cost. None: the price of one is not known.
    pub(super) spent: Option<NanoUsd>,
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
            spent: Some(NanoUsd::ZERO),
        })
    }

    /// What an earlier attempt was answered at this place in the conversation, if it asked the same, and what it paid.
    fn answer(&self, ordinal: i32, request: &ChatRequest) -> Result<Option<Paid>, StoreError> {
        if self.answers.is_empty() {
            return Ok(None);
        }
        let place = (ordinal, hash(request).map_err(StoreError::Json)?);
        let Some(call) = self.answers.get(&place) else {
            return Ok(None);
        };
        let Some(answer) = &call.answer else {
            return Ok(None);
        };
        tracing::info!(call.id = %call.id, "using the journaled answer");
        Ok(Some(Paid {
            answer: answer.parse().map_err(StoreError::Json)?,
            amount: call.cost_nanos,
        }))
    }

    fn spend(&mut self, amount: Option<NanoUsd>) {
        self.spent = self.spent.zip(amount).map(|(spent, amount)| spent + amount);
    }

    /// Whether an earlier attempt was answered.
    pub(super) fn has_answers(&self) -> bool {
        !self.answers.is_empty()
    }
}

/// An answer, and what it cost; None where the price is not known.
struct Paid {
    answer: ChatAnswer,
    amount: Option<NanoUsd>,
}

/// Why a model did not answer.
enum Unanswered {
    /// It failed, or is left alone for a while.
    Model(LlmError),
    /// The budget does not allow the call.
    Money(StepError),
    /// The step itself cannot go on.
    Step(StepError),
}

impl From<StoreError> for Unanswered {
    fn from(error: StoreError) -> Self {
        Self::Step(error.into())
    }
}

impl Engine {
    /// The models of an agent, for whom it works.
    pub(super) fn route(&self, claim: &Claim, role: &AgentRole) -> Result<Route, StepError> {
        let wish = Wish {
            tenant: &claim.task.tenant_id.0,
            agent: &role.name,
            model: &role.model,
            fallbacks: role.fallbacks.as_deref(),
        };
        Ok(self.models.route(&wish)?)
    }

    /// The answer to `request`, which is the next in the step's conversation: of the route's first model, or of the
    /// first after it that answers. The text goes to `text` as it comes.
    pub(super) async fn ask(
        &self,
        claim: &Claim,
        route: &Route,
        request: &ChatRequest,
        journal: &mut Journal,
        text: &OutputWriter,
    ) -> Result<ChatAnswer, StepError> {
        let ordinal = journal.next_answer;
        journal.next_answer += 1;
        let questions: Vec<(&Candidate, Cow<'_, ChatRequest>)> = route
            .candidates()
            .map(|candidate| (candidate, request.of_model(candidate.name())))
            .collect();
        for (_, question) in &questions {
            if let Some(Paid { answer, amount }) = journal.answer(ordinal, question)? {
                journal.spend(amount);
                text.begin_answer();
                text.end_answer(&answer.content);
                return Ok(answer);
            }
        }
        let mut why: Option<StepError> = None;
        for (candidate, question) in &questions {
            let error = match self.ask_model(claim, ordinal, candidate, question, text).await {
                Ok(Paid { answer, amount }) => {
                    journal.spend(amount);
                    if let Some(why) = why {
                        let provider = candidate.provider().to_owned();
                        metrics::counter!("model_fallbacks_total", "provider" => provider).increment(1);
                        tracing::info!(model = ?candidate, %why, "another model answered");
                    }
                    return Ok(answer);
                }
                Err(Unanswered::Step(error)) => return Err(error),
                Err(Unanswered::Model(error)) if error.is_of_provider() => error.into(),
                Err(Unanswered::Model(error)) => return Err(more_hopeful(why, error.into())),
                // A person decides whether the money is there, not the next model.
                Err(Unanswered::Money(error)) if why.is_none() => return Err(error),
                Err(Unanswered::Money(error)) => error,
            };
            why = Some(more_hopeful(why, error));
        }
        Err(why.unwrap_or_else(|| LlmError::NotConfigured("there is no model to ask".to_owned()).into()))
    }

    /// Asks one model: the worst case reserved, the answer stored and paid.
    async fn ask_model(
        &self,
        claim: &Claim,
        ordinal: i32,
        candidate: &Candidate,
        request: &ChatRequest,
        text: &OutputWriter,
    ) -> Result<Paid, Unanswered> {
        let permit = candidate.admit().map_err(Unanswered::Model)?;
        let call = NewLlmCall {
            ordinal,
            provider: candidate.provider().to_owned(),
            model: request.model.clone(),
            request_hash: hash(request).map_err(StoreError::Json)?,
            worst_case: self.worst_case(candidate.provider(), request),
        };
        let id = match self.store.reserve_llm_call(claim, &call).await? {
            Reservation::Granted(id) => id,
            Reservation::OverBudget { left, needed } => {
                return Err(Unanswered::Money(over_budget(left, needed)));
            }
            Reservation::UnknownPrice => return Err(Unanswered::Money(unknown_price(&call))),
        };
        text.begin_answer();
        let watch = Stopwatch::start();
        match candidate.chat(permit, request, &|piece| text.write(piece)).await {
            Ok(answer) => {
                text.end_answer(&answer.content);
                let settled = self
                    .settlement(&call, request, &answer, watch.elapsed_ms())
                    .map_err(Unanswered::Step)?;
                // The answer is paid for: a database that is away for a moment must not lose it.
                settle(&self.feed, || {
                    self.store.settle_llm_call(claim, id, settled.clone())
                })
                .await
                .map_err(Unanswered::Step)?;
                let amount = settled.amount;
                Ok(Paid { answer, amount })
            }
            Err(error) => {
                let (code, message) = (model_error_code(&error), error.to_string());
                let change = self
                    .store
                    .fail_llm_call(claim, id, code, &message, watch.elapsed_ms())
                    .await?;
                self.feed.announce(&change).await;
                Err(Unanswered::Model(error))
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

    /// Refuses a call that could take an agent beyond its money for a step, whichever of its models answers.
    pub(super) fn within_cost(
        &self,
        most: NanoUsd,
        spent: Option<NanoUsd>,
        route: &Route,
        request: &ChatRequest,
    ) -> Result<(), StepError> {
        let mut worst = NanoUsd::ZERO;
        for candidate in route.candidates() {
            let question = request.of_model(candidate.name());
            match self.worst_case(candidate.provider(), &question) {
                Some(amount) => worst = worst.max(amount),
                None => return Err(uncounted(most, &format!("{candidate:?}"))),
            }
        }
        let Some(spent) = spent else {
            return Err(uncounted(most, "a model that has answered"));
        };
        if spent + worst <= most {
            return Ok(());
        }
        Err(StepError::Stop {
            code: "COST_LIMIT",
            message: format!(
                "the next model call may cost {worst} USD, and the agent has spent {spent} of the {most} USD it may \
                 spend on a step"
            ),
        })
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
            output: estimate_answer(answer),
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

/// Of two reasons, the one that lets the step go on sooner: by itself, by a person, not at all.
fn more_hopeful(first: Option<StepError>, second: StepError) -> StepError {
    fn rank(error: &StepError) -> (u8, Duration) {
        match error {
            StepError::Retry { after, .. } => (0, after.unwrap_or_default()),
            StepError::Wait { .. } => (1, Duration::ZERO),
            _ => (2, Duration::ZERO),
        }
    }
    match first {
        Some(first) if rank(&first) <= rank(&second) => first,
        _ => second,
    }
}

fn uncounted(most: NanoUsd, model: &str) -> StepError {
    StepError::Fail {
        code: "UNKNOWN_PRICE",
        message: format!(
            "the agent may spend {most} USD on a step, and the price of {model} is not known: add it to the price file"
        ),
    }
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
