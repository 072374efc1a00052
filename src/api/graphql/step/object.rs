//! A step as clients see it.

use async_graphql::{Context, Enum, ID, Object};
use entity::{enums::StepKind as Kind, step};

use super::{attempt::Attempt, message::Message};
use crate::api::graphql::{
    agent::Agent,
    call::{LlmCall, ToolCall},
    context::ContextExt,
    error::{Error, Nullable, nullable},
    loaders::{
        AttemptsOf, DependenciesOf, LlmCallsOf, MessagesOf, OutputOf, TaskById, ToolCallsOf, UsesByStep,
        WrittenBy,
    },
    memory::{Memory, MemoryUse},
    scalars::{DateTime, Money, date_time},
    task::{StepError, Task},
};

/// Where a step is in its life.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::StepStatus")]
pub(in crate::api::graphql) enum StepStatus {
    /// Waits for steps it depends on.
    Pending,
    /// Waits for a worker, or for the time of its next attempt.
    Ready,
    /// A worker is at it.
    Running,
    /// Waits for a person.
    Waiting,
    /// Ended well.
    Completed,
    /// Ended badly.
    Failed,
    /// Stopped on request.
    Cancelled,
    /// Never ran, because a step it depends on failed.
    Skipped,
}

/// What kind of work a step is.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::StepKind")]
pub(in crate::api::graphql) enum StepKind {
    /// Makes the task's plan.
    Plan,
    /// A step of the plan.
    Work,
}

/// What a waiting step waits for.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::WaitReason")]
pub(in crate::api::graphql) enum WaitReason {
    /// A higher budget: see `raiseBudget`.
    Budget,
    /// A person's decision on tool calls whose status is `UNKNOWN`: see `decideApproval`.
    Approval,
    /// A person's answer.
    Answer,
}

/// One piece of work, done by one agent.
#[derive(Clone)]
pub(in crate::api::graphql) struct Step(pub step::Model);

/// One piece of work, done by one agent.
#[Object]
impl Step {
    /// The id, `step_…`.
    pub(in crate::api::graphql) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The task it belongs to.
    async fn task(&self, ctx: &Context<'_>) -> Nullable<Task> {
        let found = async { Ok(ctx.load(TaskById(self.0.task_id)).await?.map(Task)) };
        nullable(found.await)
    }

    /// What kind of work it is.
    async fn kind(&self) -> StepKind {
        self.0.kind.into()
    }

    /// Its name within the plan, for instance `s1`.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// Its place in reading order; the planning step is 0.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// What it does, in short.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The words its agent works from.
    async fn instructions(&self) -> &str {
        &self.0.instructions
    }

    /// The agent that does it.
    async fn agent(&self, ctx: &Context<'_>) -> Result<Agent, Error> {
        if self.0.kind == Kind::Plan {
            return Ok(Agent::planner(&ctx.services()?.planner_model));
        }
        let role = ctx.services()?.agents.get(&self.0.agent);
        Ok(role.map_or_else(|| Agent::retired(&self.0.agent), Agent::from))
    }

    /// Where it is in its life.
    async fn status(&self) -> StepStatus {
        self.0.status.into()
    }

    /// What it waits for, while it waits for a person.
    async fn waiting_on(&self) -> Option<WaitReason> {
        self.0.waiting_on.map(WaitReason::from)
    }

    /// The steps that must complete first.
    async fn depends_on(&self, ctx: &Context<'_>) -> Result<Vec<Step>, Error> {
        let needed = ctx.load(DependenciesOf(self.0.id)).await?.unwrap_or_default();
        Ok(needed.into_iter().map(|(_, step)| Step(step)).collect())
    }

    /// Claims by workers, oldest first.
    async fn attempts(&self, ctx: &Context<'_>) -> Result<Vec<Attempt>, Error> {
        let attempts = ctx.load(AttemptsOf(self.0.id)).await?.unwrap_or_default();
        Ok(attempts.into_iter().map(Attempt::from).collect())
    }

    /// How many attempts it may have.
    async fn max_attempts(&self) -> i32 {
        self.0.max_attempts
    }

    /// What it produced, once it is completed.
    async fn output(&self, ctx: &Context<'_>) -> Nullable<String> {
        let found = async { Ok(ctx.load(OutputOf(self.0.id)).await?.map(|output| output.content)) };
        nullable(found.await)
    }

    /// Why it failed, or why its last attempt did.
    async fn error(&self) -> Option<StepError> {
        StepError::of(self.0.error_code.as_ref(), self.0.error_message.as_ref())
    }

    /// The tools it called, refused calls included, in order.
    async fn tool_calls(&self, ctx: &Context<'_>) -> Result<Vec<ToolCall>, Error> {
        let calls = ctx.load(ToolCallsOf(self.0.id)).await?.unwrap_or_default();
        Ok(calls.into_iter().map(ToolCall).collect())
    }

    /// The models it asked, in order.
    async fn llm_calls(&self, ctx: &Context<'_>) -> Result<Vec<LlmCall>, Error> {
        let calls = ctx.load(LlmCallsOf(self.0.id)).await?.unwrap_or_default();
        Ok(calls.into_iter().map(LlmCall).collect())
    }

    /// What was said in it, oldest first.
    async fn messages(&self, ctx: &Context<'_>) -> Result<Vec<Message>, Error> {
        let messages = ctx.load(MessagesOf(self.0.task_id)).await?.unwrap_or_default();
        Ok(messages
            .into_iter()
            .filter(|row| row.step_id == Some(self.0.id))
            .map(Message::from)
            .collect())
    }

    /// The memories it was given, best first.
    async fn memories_read(&self, ctx: &Context<'_>) -> Result<Vec<MemoryUse>, Error> {
        let uses = ctx.load(UsesByStep(self.0.id)).await?.unwrap_or_default();
        Ok(uses.into_iter().map(MemoryUse).collect())
    }

    /// The memories it wrote.
    async fn memories_written(&self, ctx: &Context<'_>) -> Result<Vec<Memory>, Error> {
        let written = ctx.load(WrittenBy(self.0.id)).await?.unwrap_or_default();
        Ok(written.into_iter().map(Memory).collect())
    }

    /// What it has cost so far, over all attempts. Null where a price is not known.
    async fn cost(&self) -> Option<Money> {
        (self.0.unpriced_entries == 0).then(|| self.0.cost_nanos.into())
    }

    /// When it was planned.
    async fn created_at(&self) -> DateTime {
        date_time(self.0.created_at)
    }

    /// When it was first claimed.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(date_time)
    }

    /// When it ended.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(date_time)
    }
}
