//! Submitting tasks and steering them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::values::NanoUsd;

use super::Task;
use crate::{
    api::graphql::{
        context::ContextExt,
        error::Error,
        ids::decode,
        payload::{UserError, outcome},
        scalars::{Json, MoneyInput},
    },
    services::TaskSubmission,
};

/// A task to be done.
#[derive(InputObject)]
pub(in crate::api::graphql) struct SubmitTaskInput {
    /// Who it is for. Memory, costs and limits are this user's.
    user_id: String,
    /// What is to be done, in words; at most 32 KiB.
    description: String,
    /// Anything worth keeping beside it: a JSON object of at most 64 KiB.
    metadata: Option<Json>,
    /// What its result must look like: a JSON Schema object of at most 16 KiB, without references. The result is then JSON
    /// that fits it. What does not fit is told to the model twice; then the task fails with `OUTPUT_SCHEMA`.
    output_schema: Option<Json>,
    /// The most it may cost. No model call is made that could cost more than is left.
    budget: Option<MoneyInput>,
    /// Higher goes first, -100 to 100; 0 where nothing is said.
    priority: Option<i32>,
    /// Submitting again with the same key answers the task of the first time.
    idempotency_key: Option<String>,
}

/// What came of a submission.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct SubmitTaskPayload {
    /// The task, stored; null if it was refused.
    task: Option<Task>,
    /// Whether the same submission had been accepted before, and this is its task.
    replayed: bool,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// Which task, and for whom.
#[derive(InputObject)]
pub(in crate::api::graphql) struct CancelTaskInput {
    /// `task_…`
    id: ID,
    /// Act as this user: what belongs to others looks absent.
    user_id: Option<String>,
}

/// What came of asking a task to stop.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct CancelTaskPayload {
    /// The task. `CANCELLED`, or on its way there if steps were under way; unchanged if it had ended before.
    task: Option<Task>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// Which task, and for whom.
#[derive(InputObject)]
pub(in crate::api::graphql) struct RetryTaskInput {
    /// `task_…`
    id: ID,
    /// Act as this user: what belongs to others looks absent.
    user_id: Option<String>,
}

/// What came of a retry.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct RetryTaskPayload {
    /// The task, going on from where it stopped.
    task: Option<Task>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// Which task, and how much it may cost in all.
#[derive(InputObject)]
pub(in crate::api::graphql) struct RaiseBudgetInput {
    /// `task_…`
    id: ID,
    /// The new budget, higher than the present one.
    budget: MoneyInput,
    /// Act as this user: what belongs to others looks absent.
    user_id: Option<String>,
}

/// What came of raising a budget.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct RaiseBudgetPayload {
    /// The task; steps that waited for money go on.
    task: Option<Task>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(in crate::api::graphql) struct TaskMutation;

#[Object]
impl TaskMutation {
    /// Submits a task. Once this answers, the task is stored and survives any crash.
    async fn submit_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task.")] input: SubmitTaskInput,
    ) -> Result<SubmitTaskPayload, Error> {
        let SubmitTaskInput {
            user_id,
            description,
            metadata,
            output_schema,
            budget,
            priority,
            idempotency_key,
        } = input;
        let submission = TaskSubmission {
            user_id,
            description,
            metadata: metadata.map(|json| json.0),
            output_schema: output_schema.map(|json| json.0),
            budget: budget.map(NanoUsd::from),
            priority,
            idempotency_key,
        };
        let submitted = ctx.services()?.submit_task(ctx.caller()?, submission).await;
        let (receipt, user_errors) = outcome(submitted.map_err(Error::from), "id")?;
        let replayed = receipt.as_ref().is_some_and(|receipt| receipt.replayed);
        Ok(SubmitTaskPayload {
            task: receipt.map(|receipt| Task(receipt.task)),
            replayed,
            user_errors,
        })
    }

    /// Asks a task to stop. The wish is stored first; steps under way are told at once.
    async fn cancel_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which task.")] input: CancelTaskInput,
    ) -> Result<CancelTaskPayload, Error> {
        let CancelTaskInput { id, user_id } = input;
        let result = async {
            let scope = ctx.caller()?.scope_of(user_id.as_deref())?;
            Ok(Task(
                ctx.services()?.cancel_task(&scope, decode("id", &id)?).await?,
            ))
        };
        let (task, user_errors) = outcome(result.await, "id")?;
        Ok(CancelTaskPayload { task, user_errors })
    }

    /// Goes on with a failed or cancelled task from where it stopped; completed steps keep their outputs.
    async fn retry_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which task.")] input: RetryTaskInput,
    ) -> Result<RetryTaskPayload, Error> {
        let RetryTaskInput { id, user_id } = input;
        let result = async {
            let scope = ctx.caller()?.scope_of(user_id.as_deref())?;
            Ok(Task(
                ctx.services()?.retry_task(&scope, decode("id", &id)?).await?,
            ))
        };
        let (task, user_errors) = outcome(result.await, "id")?;
        Ok(RetryTaskPayload { task, user_errors })
    }

    /// Gives a task more money; steps that waited for it go on.
    async fn raise_budget(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which task, and its new budget.")] input: RaiseBudgetInput,
    ) -> Result<RaiseBudgetPayload, Error> {
        let RaiseBudgetInput { id, budget, user_id } = input;
        let result = async {
            let scope = ctx.caller()?.scope_of(user_id.as_deref())?;
            Ok(Task(
                ctx.services()?
                    .raise_budget(&scope, decode("id", &id)?, budget.into())
                    .await?,
            ))
        };
        let (task, user_errors) = outcome(result.await, "id")?;
        Ok(RaiseBudgetPayload { task, user_errors })
    }
}
