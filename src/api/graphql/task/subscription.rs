//! Tasks as they change, for lists.

use crate::domain::causes::in_one_line;
use std::time::Duration;

use async_graphql::{Context, Subscription};
use futures_util::Stream;
use tokio::sync::broadcast::error::RecvError;

use super::{Task, TaskFilter};
use crate::{
    api::graphql::{context::ContextExt, error::Error},
    domain::scope::Scope,
    feed::doorbell::Ring,
    services::Services,
};

/// How often the database is looked at, whether the doorbell rings or not.
const POLL: Duration = Duration::from_secs(2);

/// Tasks one look at what changed brings at most.
const BATCH: u64 = 1_000;

/// How far back each look begins before the last change seen, in milliseconds.
const OVERLAP_MS: i64 = 2_000;

#[derive(Default)]
pub(in crate::api::graphql) struct TaskSubscription;

#[Subscription]
impl TaskSubscription {
    /// Each task of the filter as it stands after each change, from now on. A burst of changes may show as one.
    async fn task_updates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which tasks.")] filter: Option<TaskFilter>,
    ) -> Result<impl Stream<Item = async_graphql::Result<Task>> + use<>, Error> {
        let filter = filter.unwrap_or_default();
        let scope = ctx.caller()?.scope_of(filter.user_id.as_deref())?;
        let services = ctx.services()?.clone();
        let since = services.store.now().await?.0;
        let watcher = Watcher {
            rings: services.feed.listen(),
            services,
            scope,
            statuses: filter.statuses(),
            poll: tokio::time::interval(POLL),
            since,
        };
        Ok(watcher.stream())
    }
}

struct Watcher {
    services: Services,
    scope: Scope,
    statuses: Vec<entity::enums::TaskStatus>,
    rings: tokio::sync::broadcast::Receiver<Ring>,
    poll: tokio::time::Interval,
    /// Changes up to this moment have been looked for.
    since: i64,
}

impl Watcher {
    fn stream(mut self) -> impl Stream<Item = async_graphql::Result<Task>> {
        let mut sent = std::collections::HashMap::new();
        async_stream::stream! {
            loop {
                for task in self.changed().await {
                    // A ring and a poll may both show the same change.
                    if sent.insert(task.id, task.event_seq) != Some(task.event_seq)
                        && (self.statuses.is_empty() || self.statuses.contains(&task.status))
                    {
                        yield Ok(Task(task));
                    }
                }
                if sent.len() > 10_000 {
                    sent.clear();
                }
            }
        }
    }

    /// Waits for a change and reads what changed. The database is looked at now and then however often the doorbell
    /// rings: it may ring for one process and be out of hearing of another.
    async fn changed(&mut self) -> Vec<entity::task::Model> {
        let Self {
            services,
            scope,
            rings,
            poll,
            since,
            ..
        } = self;
        let rung = async {
            loop {
                match rings.recv().await {
                    Ok(ring) if ring.tenant == scope.tenant => return Some(ring.task),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return None,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        let task = tokio::select! {
            task = rung => task,
            _ = poll.tick() => None,
        };
        let read = match task {
            Some(task) => services
                .store
                .task(scope, task)
                .await
                .map(|task| task.into_iter().collect()),
            None => services
                .store
                .tasks_changed_since(scope, *since, BATCH)
                .await
                .inspect(|tasks| {
                    let Some(last) = tasks.last() else { return };
                    // A little overlap, once all is read: transactions commit in another order than they read the clock.
                    let overlap = if tasks.len() as u64 == BATCH {
                        0
                    } else {
                        OVERLAP_MS
                    };
                    *since = (last.updated_at.0 - overlap).max(*since);
                }),
        };
        read.unwrap_or_else(|error| {
            tracing::warn!(
                error = %in_one_line(&error),
                "changed tasks cannot be read; trying again"
            );
            Vec::new()
        })
    }
}
