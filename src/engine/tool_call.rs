//! Running a tool for an agent: checked, written down, run, written down again. What comes back is text for the model,
//! refusals included.

use entity::{
    enums::{CallStatus, ToolEffect, WaitReason},
    ids::ToolCallId,
    tool_call,
    values::NanoUsd,
};

use super::{Engine, error::StepError, host::StepHost, model_call::Journal, settle::settle};
use crate::{
    agents::role::AgentRole,
    domain::{clock::Stopwatch, digest::sha256_hex},
    llm::{chat::ToolRequest, prompt},
    store::{
        calls::{Doubt, INTERRUPTED, NewToolCall, ToolPrice, ToolSettlement},
        steps::Claim,
    },
    tools::{
        ToolContext, ToolError,
        registry::{CheckedCall, ToolOutput},
    },
};

/// Longest argument text kept of a refused call, in characters.
const MAX_REFUSED_CHARS: usize = 4_000;

/// A tool call that is ready to be made, or needs none any more.
pub(super) enum Prepared {
    /// Refused, or made by an earlier attempt: this is what came of it.
    Known(String),
    /// Written down as sent.
    Sent {
        id: ToolCallId,
        call: CheckedCall,
        idempotency_key: String,
    },
}

impl Engine {
    /// Checks the next tool call of a step and writes it down as sent; `refusal` says why the session has no room for it.
    /// The calls of an answer are prepared one after the other, so that their places in the journal are always the same.
    pub(super) async fn prepare_tool(
        &self,
        claim: &Claim,
        role: &AgentRole,
        refusal: Option<&str>,
        request: &ToolRequest,
        journal: &mut Journal,
    ) -> Result<Prepared, StepError> {
        let ordinal = journal.next_tool_call;
        journal.next_tool_call += 1;
        let checked = match refusal {
            None => self.tools.check(&request.name, &request.arguments, &role.tools),
            Some(why) => Err(ToolError::Failed(why.to_owned())),
        };
        match checked {
            Ok(call) => self.write_down(claim, ordinal, call, journal).await,
            Err(error) => {
                let refused = self.refuse_tool(claim, ordinal, request, &error, journal);
                refused.await.map(Prepared::Known)
            }
        }
    }

    async fn write_down(
        &self,
        claim: &Claim,
        ordinal: i32,
        call: CheckedCall,
        journal: &Journal,
    ) -> Result<Prepared, StepError> {
        let definition = call.definition();
        let new = NewToolCall {
            ordinal,
            tool: definition.name.clone(),
            effect: Some(definition.effect),
            arguments: call.canonical_arguments().to_owned(),
            arguments_hash: call.arguments_digest().to_owned(),
            idempotency_key: idempotency_key(claim, ordinal, &definition.name, call.arguments_digest()),
        };
        let id = match earlier(journal, &new.idempotency_key) {
            Some(call) if matches!(call.status, CallStatus::Succeeded | CallStatus::Failed) => {
                return Ok(Prepared::Known(text_of(call)));
            }
            // A person has said: once more.
            Some(call) if call.status == CallStatus::Reserved => {
                self.store.dispatch_again(claim, call.id).await?;
                call.id
            }
            Some(call) if definition.effect == ToolEffect::AtMostOnce => {
                return Err(self.ask_a_person(claim, &[interrupted(call)]).await);
            }
            // Sent before, with no word of how it ended: harmless to send again under the same key.
            Some(call) => call.id,
            None => self.store.dispatch_tool_call(claim, &new).await?,
        };
        Ok(Prepared::Sent {
            id,
            call,
            idempotency_key: new.idempotency_key,
        })
    }

    /// The result of a call that was prepared.
    pub(super) async fn run_tool(&self, claim: &Claim, prepared: Prepared) -> Result<String, StepError> {
        let (id, call, idempotency_key) = match prepared {
            Prepared::Known(text) => return Ok(text),
            Prepared::Sent {
                id,
                call,
                idempotency_key,
            } => (id, call, idempotency_key),
        };
        let definition = call.definition();
        let host = StepHost { engine: self, claim };
        let context = ToolContext {
            task_id: claim.task.id,
            step_id: claim.step.id,
            idempotency_key: &idempotency_key,
            host: &host,
        };
        let watch = Stopwatch::start();
        let ended = self.tools.run(&call, context).await;
        if let Err(error) = &ended
            && error.is_open()
        {
            let (code, message) = (error.code(), error.to_string());
            match definition.effect {
                // It did nothing that matters: the model may try something else.
                ToolEffect::Pure => {}
                // The next attempt sends it again under the same key; a new call of the model would have another.
                ToolEffect::Idempotent => {
                    return Err(StepError::Retry {
                        code,
                        message: format!("the tool {}: {message}", definition.name),
                        after: None,
                    });
                }
                ToolEffect::AtMostOnce => {
                    let doubt = Doubt {
                        call: id,
                        code,
                        message,
                    };
                    return Err(self.ask_a_person(claim, &[doubt]).await);
                }
            }
        }
        let price = self.prices.tool(&definition.name).map(|amount| ToolPrice {
            amount: NanoUsd(amount),
            version: self.prices.version().to_owned(),
        });
        self.settle_tool(claim, id, ended, price.as_ref(), watch.elapsed_ms())
            .await
    }

    /// Makes the step wait for a person where an earlier attempt sent a call that must not be repeated silently, and left
    /// no word of how it ended. Before anything else: whatever the model would be asked now, that call comes first.
    pub(super) async fn settle_doubts(&self, claim: &Claim, journal: &Journal) -> Result<(), StepError> {
        let doubts: Vec<Doubt> = journal
            .tool_calls
            .iter()
            .filter(|call| call.effect == Some(ToolEffect::AtMostOnce))
            .filter(|call| matches!(call.status, CallStatus::Unknown | CallStatus::Dispatched))
            .map(interrupted)
            .collect();
        if doubts.is_empty() {
            return Ok(());
        }
        Err(self.ask_a_person(claim, &doubts).await)
    }

    /// Marks calls whose outcome is unknown; the error makes the step wait.
    async fn ask_a_person(&self, claim: &Claim, doubts: &[Doubt]) -> StepError {
        match self.store.doubt_tool_calls(claim, doubts).await {
            Ok((message, change)) => {
                self.feed.announce(&change).await;
                StepError::Wait {
                    reason: WaitReason::Approval,
                    needed: None,
                    message,
                }
            }
            // The call stays as it is, and the next attempt comes back to it.
            Err(error) => error.into(),
        }
    }

    async fn settle_tool(
        &self,
        claim: &Claim,
        id: ToolCallId,
        ended: Result<ToolOutput, ToolError>,
        price: Option<&ToolPrice>,
        duration_ms: i64,
    ) -> Result<String, StepError> {
        let (settled, text) = match ended {
            Ok(output) => {
                let text = output.text.clone();
                (
                    ToolSettlement::Succeeded {
                        result: output.text,
                        truncated: output.truncated,
                    },
                    text,
                )
            }
            Err(error) => {
                let (code, message) = (error.code().to_owned(), error.to_string());
                let text = prompt::tool_error(&message);
                (ToolSettlement::Failed { code, message }, text)
            }
        };
        // What the tool did cannot be undone: a database that is away for a moment must not lose it.
        settle(&self.feed, || {
            self.store
                .settle_tool_call(claim, id, settled.clone(), price, duration_ms)
        })
        .await?;
        Ok(text)
    }

    async fn refuse_tool(
        &self,
        claim: &Claim,
        ordinal: i32,
        request: &ToolRequest,
        error: &ToolError,
        journal: &Journal,
    ) -> Result<String, StepError> {
        let arguments: String = request
            .arguments
            .chars()
            .filter(|char| *char != '\0')
            .take(MAX_REFUSED_CHARS)
            .collect();
        let arguments_hash = sha256_hex(request.arguments.as_bytes());
        let tool: String = request
            .name
            .chars()
            .filter(|char| *char != '\0')
            .take(64)
            .collect();
        let new = NewToolCall {
            ordinal,
            effect: self.tools.get(&tool).map(|tool| tool.effect),
            idempotency_key: idempotency_key(claim, ordinal, &tool, &arguments_hash),
            tool,
            arguments,
            arguments_hash,
        };
        let message = error.to_string();
        if earlier(journal, &new.idempotency_key).is_none() {
            let change = self
                .store
                .refuse_tool_call(claim, &new, error.code(), &message)
                .await?;
            self.feed.announce(&change).await;
        }
        Ok(prompt::tool_error(&message))
    }
}

/// The latest call an earlier attempt made under the same key.
fn earlier<'a>(journal: &'a Journal, key: &str) -> Option<&'a tool_call::Model> {
    journal
        .tool_calls
        .iter()
        .rev()
        .find(|call| call.idempotency_key == key)
}

/// What the model was told of a settled call.
fn text_of(call: &tool_call::Model) -> String {
    match (&call.result, &call.error_message) {
        (Some(result), _) => result.clone(),
        (None, error) => prompt::tool_error(error.as_deref().unwrap_or("the call failed")),
    }
}

fn interrupted(call: &tool_call::Model) -> Doubt {
    Doubt {
        call: call.id,
        code: INTERRUPTED.0,
        message: INTERRUPTED.1.to_owned(),
    }
}

/// The same over attempts, and new when the arguments change.
fn idempotency_key(claim: &Claim, ordinal: i32, tool: &str, arguments_hash: &str) -> String {
    let (task, step, generation) = (claim.task.id, claim.step.id, claim.step.journal_after);
    let parts = format!("{task}\n{step}\n{generation}\n{ordinal}\n{tool}\n{arguments_hash}");
    sha256_hex(parts.as_bytes())
}
