//! What only a person can settle: tool calls of which nobody knows how they ended.

use entity::{enums::ToolDecision, ids::ToolCallId, step, task, tool_call, values::NanoUsd};

use super::{ServiceError, Services, validate};
use crate::{
    domain::{lifecycle::Lifecycle, scope::Scope},
    store::calls::{DecideOutcome, Decision, ToolPrice},
    tools::registry::MAX_OUTPUT_BYTES,
};

/// The field that names the call.
const ID: &str = "toolCallId";

/// What a person says of a call, unchecked.
#[derive(Clone, Debug)]
pub struct ApprovalDecision {
    pub decision: ToolDecision,
    /// What the tool answered.
    pub result: Option<String>,
    pub note: Option<String>,
}

/// A settled call, with its step and task.
#[derive(Clone, Debug)]
pub struct Approved {
    pub call: tool_call::Model,
    pub step: step::Model,
    pub task: task::Model,
}

impl Services {
    /// Settles a call whose outcome is unknown, in the name of the scope's user. The step goes on once none of its calls
    /// is in doubt.
    pub async fn decide_approval(
        &self,
        scope: &Scope,
        id: ToolCallId,
        decision: ApprovalDecision,
    ) -> Result<Approved, ServiceError> {
        let decision = checked(decision)?;
        let price_of = |tool: &str| {
            self.prices.tool(tool).map(|amount| ToolPrice {
                amount: NanoUsd(amount),
                version: self.prices.version().to_owned(),
            })
        };
        let outcome = self.store.decide_tool_call(scope, id, decision, price_of).await?;
        match outcome {
            None => Err(ServiceError::NotFound {
                what: "tool call",
                id: id.to_string(),
            }),
            Some(DecideOutcome::Accepted(rows, change)) => {
                self.feed.announce(&change).await;
                let (call, step, task) = *rows;
                tracing::info!(call.id = %call.id, task.id = %task.id, "a person settled a tool call");
                Ok(Approved { call, step, task })
            }
            Some(DecideOutcome::NotInDoubt(call)) => Err(conflict(match call.decision {
                Some(before) => format!("the call was decided before: {}", before.as_str()),
                None => format!(
                    "the call is {}; only a call whose outcome is UNKNOWN can be decided",
                    call.status.as_str()
                ),
            })),
            Some(DecideOutcome::Ended(task)) if task.status.is_final() => {
                Err(conflict(format!("the task is {}", task.status.as_str())))
            }
            Some(DecideOutcome::Ended(_)) => Err(conflict("the task is being cancelled".to_owned())),
        }
    }
}

fn conflict(message: String) -> ServiceError {
    ServiceError::Conflict { field: ID, message }
}

fn checked(decision: ApprovalDecision) -> Result<Decision, ServiceError> {
    let ApprovalDecision {
        decision,
        result,
        note,
    } = decision;
    let result = match (decision, result) {
        (ToolDecision::Happened, Some(result)) => Some(validate::text("result", &result, MAX_OUTPUT_BYTES)?),
        (ToolDecision::Happened, None) => {
            let message = "HAPPENED needs the result of the call: the model goes on from it";
            return Err(ServiceError::invalid("result", message));
        }
        (_, Some(_)) => {
            return Err(ServiceError::invalid(
                "result",
                "only a call that HAPPENED has a result",
            ));
        }
        (_, None) => None,
    };
    let note = note.filter(|note| !note.trim().is_empty());
    Ok(Decision {
        decision,
        result,
        note: note
            .map(|note| validate::text("note", &note, validate::MAX_NOTE))
            .transpose()?,
    })
}
