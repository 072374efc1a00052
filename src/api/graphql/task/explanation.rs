//! Why a task is not moving.

use async_graphql::{Enum, SimpleObject};

use super::Task;
use crate::{
    api::graphql::step::Step,
    services::{Explanation, Reason},
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
    /// For a person's decision.
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
        let reasons = reasons
            .into_iter()
            .map(|Reason { step, kind, message }| StepExplanation {
                step: Step(step),
                kind: kind.into(),
                message,
            });
        Self {
            task: Task(task),
            summary,
            reasons: reasons.collect(),
        }
    }
}
