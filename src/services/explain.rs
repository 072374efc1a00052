//! Why a task is not moving.

use entity::{
    enums::{CallStatus, StepStatus, WaitReason},
    ids::{StepId, TaskId},
    step, task, tool_call,
};

use super::{ServiceError, Services, caller::Caller};
use crate::domain::lifecycle::Lifecycle;

/// How long a ready step may lie before it is said that no worker takes it, in milliseconds.
const UNCLAIMED_MS: i64 = 5_000;

/// What a task waits for.
#[derive(Clone, Debug)]
pub struct Explanation {
    pub task: task::Model,
    /// One sentence.
    pub summary: String,
    pub reasons: Vec<Reason>,
}

/// What one step waits for.
#[derive(Clone, Debug)]
pub struct Reason {
    pub step: step::Model,
    pub kind: ReasonKind,
    pub message: String,
    /// The tool calls a person must decide on.
    pub undecided: Vec<tool_call::Model>,
}

/// The kinds of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReasonKind {
    Running,
    Dependency,
    Retry,
    Worker,
    Budget,
    Approval,
    Answer,
}

impl Services {
    /// What every open step of a task waits for. None if the caller has no such task.
    pub async fn explain_task(
        &self,
        caller: &Caller,
        id: TaskId,
    ) -> Result<Option<Explanation>, ServiceError> {
        let scope = caller.scope();
        let Some(task) = self.store.task(&scope, id).await? else {
            return Ok(None);
        };
        let now = self.store.now().await?.0;
        let steps = self.store.steps_of_tasks(&scope, &[id]).await?;
        let mut reasons: Vec<Reason> = steps.into_iter().filter_map(|step| reason(step, now)).collect();
        let in_doubt: Vec<StepId> = reasons
            .iter()
            .filter(|reason| reason.kind == ReasonKind::Approval)
            .map(|reason| reason.step.id)
            .collect();
        if !in_doubt.is_empty() {
            let mut calls = self.store.tool_calls_of(&scope, &in_doubt).await?;
            calls.retain(|call| call.status == CallStatus::Unknown);
            for reason in &mut reasons {
                let of_step = calls.iter().filter(|call| call.step_id == reason.step.id);
                reason.undecided = of_step.cloned().collect();
            }
        }
        let summary = if task.status.is_final() {
            format!("The task is {} and waits for nothing.", task.status.as_str())
        } else {
            let count = |kind| reasons.iter().filter(|reason| reason.kind == kind).count();
            format!(
                "The task is {}: {} steps running, {} waiting for other steps, {} for anything else.",
                task.status.as_str(),
                count(ReasonKind::Running),
                count(ReasonKind::Dependency),
                reasons.len() - count(ReasonKind::Running) - count(ReasonKind::Dependency),
            )
        };
        Ok(Some(Explanation {
            task,
            summary,
            reasons,
        }))
    }
}

fn reason(step: step::Model, now: i64) -> Option<Reason> {
    let (kind, message) = match step.status {
        StepStatus::Running => {
            let worker = step.worker_id.as_deref().unwrap_or("a worker");
            (
                ReasonKind::Running,
                format!("{worker} is working on it, attempt {}", step.attempts),
            )
        }
        StepStatus::Pending => (
            ReasonKind::Dependency,
            format!(
                "{} steps it depends on have not completed",
                step.open_dependencies
            ),
        ),
        StepStatus::Ready if step.run_at.0 > now => {
            let error = step.error_message.as_deref().unwrap_or("an earlier failure");
            (
                ReasonKind::Retry,
                format!("next attempt in {} ms, after: {error}", step.run_at.0 - now),
            )
        }
        StepStatus::Ready if now - step.run_at.0 > UNCLAIMED_MS => {
            let message = format!(
                "ready for {} ms: no worker has room, or none is running",
                now - step.run_at.0
            );
            (ReasonKind::Worker, message)
        }
        StepStatus::Ready => (ReasonKind::Worker, "ready, about to be claimed".to_owned()),
        StepStatus::Waiting => {
            let kind = match step.waiting_on {
                Some(WaitReason::Budget) => ReasonKind::Budget,
                Some(WaitReason::Answer) => ReasonKind::Answer,
                Some(WaitReason::Approval) | None => ReasonKind::Approval,
            };
            (
                kind,
                step.error_message
                    .clone()
                    .unwrap_or_else(|| "waits for a person".to_owned()),
            )
        }
        StepStatus::Completed | StepStatus::Failed | StepStatus::Cancelled | StepStatus::Skipped => {
            return None;
        }
    };
    Some(Reason {
        step,
        kind,
        message,
        undecided: Vec::new(),
    })
}
