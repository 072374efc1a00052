//! Watching tasks, and remembering how far a consumer has read.

use std::time::Duration;

use entity::ids::{StepId, TaskId};
use futures_util::Stream;

use super::{ServiceError, Services, caller::Caller};
use crate::{
    domain::scope::Scope,
    feed::{
        FeedItem,
        output::{OutputPiece, OutputStart, WatchError},
    },
    store::StoreError,
};

/// How long one waits who would watch more than this process can show.
const BUSY: Duration = Duration::from_secs(5);

impl Services {
    /// Every event of a task after `after`, or after what the named consumer acknowledged if that is later, then live.
    pub async fn task_events(
        &self,
        caller: &Caller,
        task: TaskId,
        after: i64,
        consumer: Option<&str>,
    ) -> Result<impl Stream<Item = Result<FeedItem, StoreError>> + Send + use<>, ServiceError> {
        let after = match consumer {
            Some(name) => after.max(self.store.acknowledged(task, checked_consumer(name)?).await?),
            None => after,
        };
        let stream = self.feed.task_events(&caller.scope(), task, after).await?;
        stream.ok_or_else(|| ServiceError::NotFound {
            what: "task",
            id: task.to_string(),
        })
    }

    /// The output of a step as it is written, until the step has ended.
    pub async fn step_output(
        &self,
        caller: &Caller,
        step: StepId,
        start: OutputStart,
    ) -> Result<impl Stream<Item = OutputPiece> + Send + use<>, ServiceError> {
        let Some(row) = self.step(caller, step).await? else {
            return Err(ServiceError::NotFound {
                what: "step",
                id: step.to_string(),
            });
        };
        Ok(self.feed.step_output(&row, start).await?)
    }

    /// Remembers that a consumer has read up to `seq`; answers what is remembered now.
    pub async fn acknowledge_events(
        &self,
        scope: &Scope,
        task: TaskId,
        consumer: &str,
        seq: i64,
    ) -> Result<i64, ServiceError> {
        let acknowledged = self
            .store
            .acknowledge(scope, task, checked_consumer(consumer)?, seq)
            .await?;
        acknowledged.ok_or_else(|| ServiceError::NotFound {
            what: "task",
            id: task.to_string(),
        })
    }
}

impl From<WatchError> for ServiceError {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::Store(error) => Self::Store(error),
            WatchError::TooMany => Self::RateLimited { retry_after: BUSY },
        }
    }
}

fn checked_consumer(name: &str) -> Result<&str, ServiceError> {
    if (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(name);
    }
    Err(ServiceError::invalid(
        "consumer",
        "a consumer's name has 1 to 64 visible ASCII characters",
    ))
}
