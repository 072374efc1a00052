//! Submitting tasks and steering them.

use entity::{
    ids::{StepId, TaskId},
    step, task,
    values::{JsonText, NanoUsd},
};
use serde_json::Value;

use super::{ServiceError, Services, caller::Caller, validate};
use crate::{
    domain::{digest::sha256_hex, scope::Scope},
    limits::{Decision, Limited},
    store::{
        page::{Page, Slice},
        tasks::{CancelOutcome, NewTask, RaiseOutcome, RetryOutcome, Submitted, TaskFilter},
    },
};

/// A task as it is submitted, unchecked.
#[derive(Clone, Debug, Default)]
pub struct TaskSubmission {
    pub user_id: String,
    pub description: String,
    pub metadata: Option<Value>,
    /// JSON Schema of the result.
    pub output_schema: Option<Value>,
    pub budget: Option<NanoUsd>,
    pub priority: Option<i32>,
    pub idempotency_key: Option<String>,
}

/// An accepted task.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub task: task::Model,
    /// Whether the same submission had been accepted before.
    pub replayed: bool,
}

impl Services {
    /// Accepts a task. When this returns, it is stored and its planning step waits for a worker.
    pub async fn submit_task(
        &self,
        caller: &Caller,
        submission: TaskSubmission,
    ) -> Result<Receipt, ServiceError> {
        let TaskSubmission {
            user_id,
            description,
            metadata,
            output_schema,
            budget,
            priority,
            idempotency_key,
        } = submission;
        let user = caller.user(&user_id)?;
        let description = validate::text("description", &description, validate::MAX_DESCRIPTION)?;
        let metadata = validate::metadata(metadata.as_ref())?;
        let output_schema = validate::output_schema(output_schema.as_ref())?;
        let budget = budget.map(validate::budget).transpose()?;
        let priority = validate::priority(priority.unwrap_or_default())?;
        let idempotency_key = validate::idempotency_key(idempotency_key)?;
        let new = NewTask {
            tenant: caller.tenant.clone(),
            user,
            request_hash: request_hash(&description, &metadata, output_schema.as_ref(), budget, priority),
            description,
            metadata,
            output_schema,
            priority,
            budget,
            idempotency_key,
            max_attempts: self.max_attempts,
        };
        // Asking again what became of a submission takes nothing from the allowance.
        let submitted = match self.store.earlier_submission(&new).await? {
            Some(earlier) => earlier,
            None => {
                self.limit(Limited::SubmitTask, caller, &new.user).await?;
                self.store.submit_task(new).await?
            }
        };
        match submitted {
            Submitted::New(task, change) => {
                self.feed.announce(&change).await;
                metrics::counter!("tasks_submitted_total").increment(1);
                tracing::info!(task.id = %task.id, "task accepted");
                Ok(Receipt {
                    task: *task,
                    replayed: false,
                })
            }
            Submitted::Existing(task) => Ok(Receipt {
                task: *task,
                replayed: true,
            }),
            Submitted::KeyReused => Err(ServiceError::Conflict {
                field: "idempotencyKey",
                message: "this idempotency key was used for a different submission".to_owned(),
            }),
        }
    }

    /// Asks for a task to be stopped. A task that has ended stays as it is.
    pub async fn cancel_task(&self, scope: &Scope, id: TaskId) -> Result<task::Model, ServiceError> {
        match self
            .store
            .cancel_task(scope, id)
            .await?
            .ok_or_else(|| no_task(id))?
        {
            CancelOutcome::Accepted(task, change) => {
                self.feed.announce(&change).await;
                Ok(*task)
            }
            CancelOutcome::Unchanged(task) => Ok(*task),
        }
    }

    /// Goes on with a failed or cancelled task from where it stopped.
    pub async fn retry_task(&self, scope: &Scope, id: TaskId) -> Result<task::Model, ServiceError> {
        match self
            .store
            .retry_task(scope, id)
            .await?
            .ok_or_else(|| no_task(id))?
        {
            RetryOutcome::Accepted(task, change) => {
                self.feed.announce(&change).await;
                Ok(*task)
            }
            RetryOutcome::NotRetryable(task) => Err(ServiceError::Conflict {
                field: "id",
                message: format!(
                    "the task is {}; only failed and cancelled tasks can be retried",
                    task.status.as_str()
                ),
            }),
        }
    }

    /// Gives a task more money.
    pub async fn raise_budget(
        &self,
        scope: &Scope,
        id: TaskId,
        budget: NanoUsd,
    ) -> Result<task::Model, ServiceError> {
        let budget = validate::budget(budget)?;
        let refused = |field, message: String| Err(ServiceError::Conflict { field, message });
        match self
            .store
            .raise_budget(scope, id, budget)
            .await?
            .ok_or_else(|| no_task(id))?
        {
            RaiseOutcome::Accepted(task, change) => {
                self.feed.announce(&change).await;
                Ok(*task)
            }
            RaiseOutcome::NotHigher(task) => match task.budget_nanos {
                Some(_) => refused(
                    "budget",
                    "the new budget must be higher than the present one".to_owned(),
                ),
                None => refused(
                    "id",
                    "the task has no budget: nothing limits what it may cost".to_owned(),
                ),
            },
            RaiseOutcome::Ended(task) => refused("id", format!("the task is {}", task.status.as_str())),
        }
    }

    /// One task.
    pub async fn task(&self, caller: &Caller, id: TaskId) -> Result<Option<task::Model>, ServiceError> {
        Ok(self.store.task(&caller.scope(), id).await?)
    }

    /// A page of tasks.
    pub async fn tasks(
        &self,
        scope: &Scope,
        filter: &TaskFilter,
        page: Page,
    ) -> Result<Slice<task::Model>, ServiceError> {
        Ok(self.store.list_tasks(scope, filter, page).await?)
    }

    /// One step.
    pub async fn step(&self, caller: &Caller, id: StepId) -> Result<Option<step::Model>, ServiceError> {
        Ok(self.store.step(&caller.scope(), id).await?)
    }

    /// Takes one from a user's allowance.
    pub(super) async fn limit(
        &self,
        what: Limited,
        caller: &Caller,
        user: &entity::values::UserId,
    ) -> Result<(), ServiceError> {
        match self.limiter.check(what, &caller.tenant, user).await {
            Decision::Allowed => Ok(()),
            Decision::Denied { retry_after } => {
                metrics::counter!("rate_limited_total", "what" => what.as_str()).increment(1);
                Err(ServiceError::RateLimited { retry_after })
            }
        }
    }
}

fn no_task(id: TaskId) -> ServiceError {
    ServiceError::NotFound {
        what: "task",
        id: id.to_string(),
    }
}

/// Tells a repeated submission from another one under the same key.
/// A part that was not given leaves no trace: keys of submissions from before there was one stay good.
fn request_hash(
    description: &str,
    metadata: &JsonText,
    output_schema: Option<&JsonText>,
    budget: Option<NanoUsd>,
    priority: i32,
) -> String {
    let budget = budget.map_or(0, |budget| budget.0);
    let mut whole = format!("{description}\0{}\0{budget}\0{priority}", metadata.0);
    if let Some(schema) = output_schema {
        whole.push('\0');
        whole.push_str(&schema.0);
    }
    sha256_hex(whole.as_bytes())
}
