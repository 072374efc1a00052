//! The feed of one task.

use async_graphql::{Context, ID, SimpleObject, Subscription, Union};
use futures_util::{Stream, StreamExt, future::Either, stream};

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
    Lagged(Lagged),
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

/// This reader took what was sent to it too slowly and is cut off: it is the last item, and the connection is closed with
/// code 1013. Nothing is lost: connect again and subscribe with `after: cursor`. A reader that finds the connection
/// closed without this item goes on after the last cursor it received.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct Lagged {
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

impl TaskFeedItem {
    fn lagged(seq: i64) -> Self {
        Self::Lagged(Lagged {
            seq: BigInt(seq),
            cursor: cursor::encode(seq),
        })
    }
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
        let (services, caller, place) = (ctx.services()?, ctx.caller()?, ctx.place()?.clone());
        if let Some(seq) = place.lagged() {
            return Ok(Either::Left(stream::iter([Ok(TaskFeedItem::lagged(seq))])));
        }
        let task = decode("taskId", &task_id)?;
        let after = cursor::decode_after(after.as_deref())?;
        let events = services
            .task_events(caller, task, after, consumer.as_deref())
            .await?;
        Ok(Either::Right(events.map(move |item| {
            if let Ok(item) = &item {
                place.reach(item.seq());
            }
            item.map(TaskFeedItem::from)
                .map_err(|error| Error::from(error).into())
        })))
    }
}
