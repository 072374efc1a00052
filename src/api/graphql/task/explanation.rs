//! Why a task is not moving.

use async_graphql::{Enum, SimpleObject};

use super::Task;
use crate::{
    api::graphql::{call::ToolCall, step::Step},
    services::Explanation,
};

/// What a task waits for.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct TaskExplanation {
    /// The task.
    task: Task,
    /// One sentence.
    summary: String,
    /// What each open step waits for; empty once the task has ended.
    reasons: Vec<StepExplanation>,
}

/// What a step waits for.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct StepExplanation {
    /// The step.
    step: Step,
    /// What kind of waiting it is.
    kind: WaitingFor,
    /// The same in words.
    message: String,
    /// The tool calls a person must decide on before the step goes on.
    undecided: Vec<ToolCall>,
}

/// The kinds of waiting.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::services::ReasonKind")]
pub(in crate::api::graphql) enum WaitingFor {
    /// For nothing: a worker is at it.
    Running,
    /// For steps it depends on.
    Dependency,
    /// For the time of its next attempt.
    Retry,
    /// For a worker with room.
    Worker,
    /// For a higher budget: see `raiseBudget`.
    Budget,
    /// For a person's decision on the tool calls listed beside it: see `decideApproval`.
    Approval,
    /// For a person's answer.
    Answer,
}

impl From<Explanation> for TaskExplanation {
    fn from(explanation: Explanation) -> Self {
        let Explanation {
            task,
            summary,
            reasons,
        } = explanation;
        let reasons = reasons.into_iter().map(|reason| StepExplanation {
            step: Step(reason.step),
            kind: reason.kind.into(),
            message: reason.message,
            undecided: reason.undecided.into_iter().map(ToolCall).collect(),
        });
        Self {
            task: Task(task),
            summary,
            reasons: reasons.collect(),
        }
    }
}
