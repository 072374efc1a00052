//! Accepting a task: the task, its planning step, its first message and its first events in one transaction.

use entity::{
    enums::{EventKind, MessageRole, StepKind, StepStatus, TaskStatus},
    ids::{MessageId, StepId, TaskId},
    message, step, task,
    values::{JsonText, NanoUsd, TenantId, UnixMillis, UserId},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter, SqlErr,
};
use serde_json::json;

use crate::store::{Committed, Store, StoreError, clock, task_change::TaskChange};

/// A checked task, ready to be stored.
#[derive(Clone, Debug)]
pub struct NewTask {
    pub tenant: TenantId,
    pub user: UserId,
    pub description: String,
    pub metadata: JsonText,
    pub priority: i32,
    pub budget: Option<NanoUsd>,
    pub idempotency_key: Option<String>,
    /// Hash of everything above: tells a repeated submission from another one under the same key.
    pub request_hash: String,
    /// Attempts a step of the task may have.
    pub max_attempts: i32,
}

/// What became of a submission.
#[derive(Clone, Debug)]
pub enum Submitted {
    New(Box<task::Model>, Committed),
    /// The same submission was accepted before.
    Existing(Box<task::Model>),
    /// The key was used for a different submission.
    KeyReused,
}

impl Store {
    /// Stores a task, unless its idempotency key was used before. When this returns the task survives any crash.
    pub async fn submit_task(&self, new: NewTask) -> Result<Submitted, StoreError> {
        let tx = self.begin().await?;
        match insert(tx, &new).await {
            Ok((task, committed)) => Ok(Submitted::New(Box::new(task), committed)),
            // The key was used before, or a race against it was lost: the first one's task is the answer.
            Err(StoreError::Database(error))
                if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) =>
            {
                self.earlier_submission(&new)
                    .await?
                    .ok_or(StoreError::Database(error))
            }
            Err(error) => Err(error),
        }
    }

    /// What became of an earlier submission under the same idempotency key; None if there was none.
    pub async fn earlier_submission(&self, new: &NewTask) -> Result<Option<Submitted>, StoreError> {
        let Some(key) = &new.idempotency_key else {
            return Ok(None);
        };
        let earlier = task::Entity::find()
            .filter(task::Column::TenantId.eq(new.tenant.clone()))
            .filter(task::Column::UserId.eq(new.user.clone()))
            .filter(task::Column::IdempotencyKey.eq(key.clone()))
            .one(&self.write)
            .await?;
        Ok(earlier.map(|task| {
            if task.request_hash.as_deref() == Some(new.request_hash.as_str()) {
                Submitted::Existing(Box::new(task))
            } else {
                Submitted::KeyReused
            }
        }))
    }
}

async fn insert(tx: DatabaseTransaction, new: &NewTask) -> Result<(task::Model, Committed), StoreError> {
    let now = clock::now(&tx).await?;
    let row = task_row(new, now);
    row.clone().into_active_model().insert(&tx).await?;
    let planning = planning_step(&row, new.max_attempts, now);
    let step_id = planning.id;
    planning.into_active_model().insert(&tx).await?;
    message::ActiveModel {
        id: Set(MessageId::generate()),
        tenant_id: Set(row.tenant_id.clone()),
        task_id: Set(row.id),
        step_id: Set(None),
        role: Set(MessageRole::User),
        author: Set(Some(row.user_id.0.clone())),
        content: Set(row.description.clone()),
        created_at: Set(now),
    }
    .insert(&tx)
    .await?;
    let mut change = TaskChange::of(tx, row, now);
    change.record(
        EventKind::TaskSubmitted,
        None,
        &json!({ "status": TaskStatus::Pending }),
    );
    change.record(
        EventKind::StepReady,
        Some(step_id),
        &json!({ "status": StepStatus::Ready, "key": "plan" }),
    );
    let task = change.task.clone();
    let committed = change.commit().await?;
    Ok((task, committed))
}

fn task_row(new: &NewTask, now: UnixMillis) -> task::Model {
    task::Model {
        id: TaskId::generate(),
        tenant_id: new.tenant.clone(),
        user_id: new.user.clone(),
        description: new.description.clone(),
        metadata: new.metadata.clone(),
        status: TaskStatus::Pending,
        priority: new.priority,
        idempotency_key: new.idempotency_key.clone(),
        request_hash: Some(new.request_hash.clone()),
        budget_nanos: new.budget,
        plan_id: None,
        result: None,
        error_code: None,
        error_message: None,
        cost_nanos: NanoUsd::ZERO,
        reserved_nanos: NanoUsd::ZERO,
        unpriced_entries: 0,
        event_seq: 0,
        open_steps: 1,
        cancel_requested_at: None,
        created_at: now,
        started_at: None,
        ended_at: None,
        updated_at: now,
    }
}

fn planning_step(task: &task::Model, max_attempts: i32, now: UnixMillis) -> step::Model {
    step::Model {
        id: StepId::generate(),
        tenant_id: task.tenant_id.clone(),
        task_id: task.id,
        plan_id: None,
        kind: StepKind::Plan,
        position: 0,
        key: "plan".to_owned(),
        title: "Plan the task".to_owned(),
        instructions: "Turn the description of the task into a graph of steps.".to_owned(),
        agent: "planner".to_owned(),
        status: StepStatus::Ready,
        waiting_on: None,
        priority: task.priority,
        attempts: 0,
        max_attempts,
        epoch: 0,
        journal_after: 0,
        worker_id: None,
        lease_until: None,
        run_at: now,
        open_dependencies: 0,
        cost_nanos: NanoUsd::ZERO,
        unpriced_entries: 0,
        error_code: None,
        error_message: None,
        created_at: now,
        started_at: None,
        ended_at: None,
        updated_at: now,
    }
}
