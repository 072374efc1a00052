//! Accepting a task: the task, its planning step, its first message and its first events in one transaction.

use entity::{
    ids::TaskId,
    task,
    values::{JsonText, NanoUsd, TenantId, UserId},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    domain::causes::in_one_line,
    store::{Committed, Store, StoreError},
};

/// A checked task, ready to be stored.
#[derive(Clone, Debug)]
pub struct NewTask {
    pub tenant: TenantId,
    pub user: UserId,
    pub description: String,
    pub metadata: JsonText,
    /// JSON Schema of the result, checked.
    pub output_schema: Option<JsonText>,
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

/// Submissions in one transaction at most.
const MOST: usize = 128;

impl Store {
    /// Stores a task, unless its idempotency key was used before. When this returns the task survives any crash.
    /// Submissions that arrive together share a commit.
    pub async fn submit_task(&self, new: NewTask) -> Result<Submitted, StoreError> {
        let store = self.clone();
        // Chosen first: a submission that is repeated because its answer was lost is the same task.
        let item = (TaskId::generate(), new);
        let together = move |batch: Vec<(TaskId, NewTask)>| async move {
            let count = batch.len();
            match store.insert_tasks(&batch).await {
                Ok(inserted) => inserted,
                Err(error) => {
                    // Each of them tries alone: its own error is its answer.
                    if count > 1 {
                        tracing::warn!(error = in_one_line(&error), "submissions were refused together");
                    }
                    (0..count).map(|_| None).collect()
                }
            }
        };
        if let Some(Some(submitted)) = self.submissions.write(item.clone(), MOST, together).await {
            return Ok(submitted);
        }
        // Its key was used before, or a race against it was lost: the first one's task is the answer.
        if let Some(earlier) = self.earlier_submission(&item.1).await? {
            return Ok(earlier);
        }
        let alone = self.insert_tasks(std::slice::from_ref(&item)).await?;
        if let Some(submitted) = alone.into_iter().next().flatten() {
            return Ok(submitted);
        }
        if let Some(earlier) = self.earlier_submission(&item.1).await? {
            return Ok(earlier);
        }
        let task = task::Entity::find_by_id(item.0)
            .one(&self.write)
            .await?
            .ok_or(StoreError::Missing("a task just submitted"))?;
        let committed = Committed {
            tenant: task.tenant_id.clone(),
            task_id: task.id,
            seq: task.event_seq,
            ready: true,
            cancelled: false,
        };
        Ok(Submitted::New(Box::new(task), committed))
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
