//! The feed of one task.

use async_graphql::{Context, ID, SimpleObject, Subscription, Union};
use futures_util::{Stream, StreamExt};

use super::{TaskEvent, cursor};
use crate::{
    api::graphql::{context::ContextExt, error::Error, ids::decode, scalars::BigInt, task::TaskStatus},
    feed,
};

/// What a watcher of a task receives: events, and what is said about the feed itself.
#[derive(Union)]
pub(in crate::api::graphql) enum TaskFeedItem {
    TaskEvent(TaskEvent),
    CaughtUp(CaughtUp),
    Ended(Ended),
}

/// Everything that had happened before has been sent; what follows is live.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct CaughtUp {
    /// Number of the last event sent.
    seq: BigInt,
    /// Where to go on.
    cursor: String,
}

/// The task has ended and its last event has been sent.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct Ended {
    /// Number of the last event.
    final_seq: BigInt,
    /// Where to go on, should the task be retried.
    cursor: String,
    /// How the task ended.
    status: TaskStatus,
}

impl From<feed::FeedItem> for TaskFeedItem {
    fn from(item: feed::FeedItem) -> Self {
        match item {
            feed::FeedItem::Event(event) => Self::TaskEvent(event.into()),
            feed::FeedItem::CaughtUp { seq } => Self::CaughtUp(CaughtUp {
                seq: BigInt(seq),
                cursor: cursor::encode(seq),
            }),
            feed::FeedItem::Ended { seq, status } => Self::Ended(Ended {
                final_seq: BigInt(seq),
                cursor: cursor::encode(seq),
                status: status.into(),
            }),
        }
    }
}

#[derive(Default)]
pub(in crate::api::graphql) struct EventSubscription;

#[Subscription]
impl EventSubscription {
    /// Every event of a task after the cursor, once and in order, then live until the task has ended. A client can
    /// check that each `seq` is the one before plus 1.
    async fn task_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`task_…`")] task_id: ID,
        #[graphql(desc = "Only events after this cursor; from the first where nothing is said.")]
        after: Option<String>,
        #[graphql(desc = "A name under which `acknowledgeEvents` remembers how far this reader came.")]
        consumer: Option<String>,
    ) -> Result<impl Stream<Item = async_graphql::Result<TaskFeedItem>> + use<>, Error> {
        let (services, caller) = (ctx.services()?, ctx.caller()?);
        let task = decode("taskId", &task_id)?;
        let after = cursor::decode_after(after.as_deref())?;
        let events = services
            .task_events(caller, task, after, consumer.as_deref())
            .await?;
        Ok(events.map(|item| {
            item.map(TaskFeedItem::from)
                .map_err(|error| Error::from(error).into())
        }))
    }
}
