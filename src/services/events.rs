//! Watching tasks, and remembering how far a consumer has read.

use entity::ids::TaskId;
use futures_util::Stream;

use super::{ServiceError, Services, caller::Caller};
use crate::{domain::scope::Scope, feed::FeedItem, store::StoreError};

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

fn checked_consumer(name: &str) -> Result<&str, ServiceError> {
    if (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(name);
    }
    Err(ServiceError::invalid(
        "consumer",
        "a consumer's name has 1 to 64 visible ASCII characters",
    ))
}
