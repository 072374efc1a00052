//! One fact about a task.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};
use entity::event;

use super::cursor;
use crate::api::graphql::{
    context::ContextExt,
    error::{Nullable, nullable},
    loaders::StepById,
    scalars::{BigInt, DateTime, Json, date_time},
    step::Step,
};

/// What an event tells.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::EventKind")]
pub(in crate::api::graphql) enum EventKind {
    /// The task was accepted.
    TaskSubmitted,
    /// Its first step was claimed.
    TaskStarted,
    /// A plan was stored.
    PlanCreated,
    /// A step may be claimed.
    StepReady,
    /// A worker claimed a step.
    StepStarted,
    /// An attempt failed; the step is tried again.
    StepRetrying,
    /// A step waits for a person.
    StepWaiting,
    /// A step ended well.
    StepCompleted,
    /// A step ended badly.
    StepFailed,
    /// A step will not run, because one it depends on failed.
    StepSkipped,
    /// A step was stopped. Lists the calls that were under way.
    StepCancelled,
    /// A model answered or failed.
    LlmCallSettled,
    /// A tool answered, failed or was refused.
    ToolCallSettled,
    /// A tool was called that must not be called twice silently, and nobody knows whether that took effect.
    ToolCallUnknown,
    /// A person settled such a call: see `decideApproval`.
    ToolCallDecided,
    /// A long-term memory was stored.
    MemoryStored,
    /// The budget was raised.
    BudgetRaised,
    /// Nothing can go on until a person acts.
    TaskWaiting,
    /// Work goes on.
    TaskResumed,
    /// The task was asked to stop.
    CancelRequested,
    /// The task ended well.
    TaskCompleted,
    /// The task failed.
    TaskFailed,
    /// The task was stopped.
    TaskCancelled,
}

/// One fact about a task, numbered in the transaction that made it true.
#[derive(Clone)]
pub(in crate::api::graphql) struct TaskEvent(Arc<event::Model>);

impl From<event::Model> for TaskEvent {
    fn from(row: event::Model) -> Self {
        Self(Arc::new(row))
    }
}

impl From<Arc<event::Model>> for TaskEvent {
    fn from(row: Arc<event::Model>) -> Self {
        Self(row)
    }
}

/// One fact about a task, numbered in the transaction that made it true.
#[Object]
impl TaskEvent {
    /// Its number within the task: 1, 2, 3, … without a gap.
    async fn seq(&self) -> BigInt {
        BigInt(self.0.seq)
    }

    /// Where to go on after it.
    async fn cursor(&self) -> String {
        cursor::encode(self.0.seq)
    }

    /// What it tells.
    async fn kind(&self) -> EventKind {
        self.0.kind.into()
    }

    /// When it became true.
    async fn at(&self) -> DateTime {
        date_time(self.0.created_at)
    }

    /// The id of the task.
    async fn task_id(&self) -> ID {
        ID(self.0.task_id.to_string())
    }

    /// The id of the step it is about, if it is about one.
    async fn step_id(&self) -> Option<ID> {
        self.0.step_id.map(|id| ID(id.to_string()))
    }

    /// The step it is about, as it stands now.
    async fn step(&self, ctx: &Context<'_>) -> Nullable<Step> {
        let found = async {
            let Some(id) = self.0.step_id else { return Ok(None) };
            Ok(ctx.load(StepById(id)).await?.map(Step))
        };
        nullable(found.await)
    }

    /// What else there is to say: a JSON object, by kind.
    async fn payload(&self) -> Json {
        Json(self.0.payload.to_value())
    }
}
