//! A task as clients see it.

use async_graphql::{
    Context, Enum, ID, Object, SimpleObject,
    connection::{Connection, Edge, EmptyFields},
};
use entity::{enums::StepStatus, task, values::NanoUsd};

use super::plan::Plan;
use crate::api::graphql::{
    context::ContextExt,
    error::{Error, Nullable, nullable},
    event::{TaskEvent, cursor},
    loaders::{EventsOf, MessagesOf, PlansOf, StepsOf},
    pagination::page_size,
    scalars::{DateTime, Json, Money, date_time},
    step::{Message, Step, WaitReason},
};

/// Where a task is in its life.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::TaskStatus")]
pub(in crate::api::graphql) enum TaskStatus {
    /// Accepted; no step has started.
    Pending,
    /// Work goes on.
    Running,
    /// Nothing can go on until a person acts.
    Waiting,
    /// Every step ended well.
    Completed,
    /// A step failed for good.
    Failed,
    /// Stopped on request.
    Cancelled,
}

/// Why a task or a step failed.
#[derive(SimpleObject, Clone, Debug)]
pub(in crate::api::graphql) struct StepError {
    /// What kind of failure it was.
    pub code: String,
    /// What went wrong.
    pub message: String,
}

impl StepError {
    /// The stored error, if there is one.
    pub(in crate::api::graphql) fn of(code: Option<&String>, message: Option<&String>) -> Option<Self> {
        code.map(|code| Self {
            code: code.clone(),
            message: message.cloned().unwrap_or_default(),
        })
    }
}

/// What a user submitted.
#[derive(Clone)]
pub(in crate::api::graphql) struct Task(pub task::Model);

/// What a user submitted.
#[Object]
impl Task {
    /// The id, `task_…`.
    pub(in crate::api::graphql) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The user who submitted it.
    async fn user_id(&self) -> &str {
        self.0.user_id.as_str()
    }

    /// What is to be done, in words.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// What the submitter wrote beside it: a JSON object.
    async fn metadata(&self) -> Json {
        Json(self.0.metadata.to_value())
    }

    /// The JSON Schema its result must fit; null where it is text.
    async fn output_schema(&self) -> Option<Json> {
        let schema = self.0.output_schema.as_ref();
        schema.map(|schema| Json(schema.to_value()))
    }

    /// Where it is in its life.
    async fn status(&self) -> TaskStatus {
        self.0.status.into()
    }

    /// Higher goes first, -100 to 100.
    async fn priority(&self) -> i32 {
        self.0.priority
    }

    /// The plan that is carried out; null until it is made.
    async fn plan(&self, ctx: &Context<'_>) -> Nullable<Plan> {
        let found = async {
            let plans = ctx.load(PlansOf(self.0.id)).await?.unwrap_or_default();
            Ok(plans
                .into_iter()
                .find(|plan| Some(plan.id) == self.0.plan_id)
                .map(Plan))
        };
        nullable(found.await)
    }

    /// Its steps in reading order; the first makes the plan.
    async fn steps(&self, ctx: &Context<'_>) -> Result<Vec<Step>, Error> {
        let steps = ctx.load(StepsOf(self.0.id)).await?.unwrap_or_default();
        Ok(steps.into_iter().map(Step).collect())
    }

    /// What came of it, once it is completed.
    async fn result(&self) -> Option<&str> {
        self.0.result.as_deref()
    }

    /// Why it failed.
    async fn error(&self) -> Option<StepError> {
        StepError::of(self.0.error_code.as_ref(), self.0.error_message.as_ref())
    }

    /// What it has cost so far: the sum of its steps. Null where a price is not known, never zero for that reason.
    async fn cost(&self) -> Option<Money> {
        (self.0.unpriced_entries == 0).then(|| self.0.cost_nanos.into())
    }

    /// The part of the cost whose price is known.
    async fn known_cost(&self) -> Money {
        self.0.cost_nanos.into()
    }

    /// The most it may cost; null: no limit.
    async fn budget(&self) -> Option<Money> {
        self.0.budget_nanos.map(Money::from)
    }

    /// What is left of the budget, calls under way counted at their worst case; null: no limit.
    async fn budget_left(&self) -> Option<Money> {
        let spent = self.0.cost_nanos + self.0.reserved_nanos;
        self.0
            .budget_nanos
            .map(|budget| NanoUsd(budget.0 - spent.0).into())
    }

    /// What its waiting steps wait for, each once.
    async fn waiting_on(&self, ctx: &Context<'_>) -> Result<Vec<WaitReason>, Error> {
        let steps = ctx.load(StepsOf(self.0.id)).await?.unwrap_or_default();
        let mut reasons: Vec<_> = steps
            .iter()
            .filter(|step| step.status == StepStatus::Waiting)
            .filter_map(|step| step.waiting_on)
            .collect();
        reasons.sort();
        reasons.dedup();
        Ok(reasons.into_iter().map(WaitReason::from).collect())
    }

    /// Its short-term memory: what was said in it, oldest first.
    async fn messages(&self, ctx: &Context<'_>) -> Result<Vec<Message>, Error> {
        let messages = ctx.load(MessagesOf(self.0.id)).await?.unwrap_or_default();
        Ok(messages.into_iter().map(Message::from).collect())
    }

    /// Where its events stand. Subscribe to `taskEvents` after this cursor and nothing is missed. In a query, everything
    /// is read from one moment with it: the events up to the cursor are in what is shown, those after it are not. In a
    /// mutation's payload and in a subscription, what is read beside the task may be newer.
    async fn event_cursor(&self) -> String {
        cursor::encode(self.0.event_seq)
    }

    /// Its events so far, oldest first.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only events after this cursor.")] after: Option<String>,
        #[graphql(desc = "Events at most, 1 to 100.", default = 50)] first: i32,
    ) -> Result<Connection<String, TaskEvent, EmptyFields, EmptyFields>, Error> {
        let first = page_size("first", first)?;
        let after = cursor::decode_after(after.as_deref())?;
        let limit = i64::try_from(first).unwrap_or(i64::MAX);
        let page = EventsOf {
            task: self.0.id,
            after,
            limit,
        };
        let events = ctx.load(page).await?.unwrap_or_default();
        let more = events.last().is_some_and(|last| last.seq < self.0.event_seq);
        let mut connection = Connection::new(after > 0, more);
        connection.edges.extend(
            events
                .into_iter()
                .map(|event| Edge::new(cursor::encode(event.seq), TaskEvent::from(event))),
        );
        Ok(connection)
    }

    /// When it was accepted.
    async fn created_at(&self) -> DateTime {
        date_time(self.0.created_at)
    }

    /// When its first step started.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(date_time)
    }

    /// When it ended.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(date_time)
    }

    /// When it was asked to stop.
    async fn cancel_requested_at(&self) -> Option<DateTime> {
        self.0.cancel_requested_at.map(date_time)
    }
}
