//! Tasks as they change, for lists.

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

/// How long changes wait for a doorbell that does not ring.
const POLL: Duration = Duration::from_secs(2);

/// Tasks one look at what changed brings at most.
const BATCH: u64 = 200;

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

    /// Waits for a change and reads what changed.
    async fn changed(&mut self) -> Vec<entity::task::Model> {
        let tenant = self.scope.tenant.clone();
        let rung = async {
            loop {
                match self.rings.recv().await {
                    Ok(ring) if ring.tenant == tenant => return Some(ring.task),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return None,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        let store = &self.services.store;
        let read = match tokio::time::timeout(POLL, rung).await {
            Ok(Some(task)) => store
                .task(&self.scope, task)
                .await
                .map(|task| task.into_iter().collect()),
            Ok(None) | Err(_) => store
                .tasks_changed_since(&self.scope, self.since, BATCH)
                .await
                .inspect(|tasks| {
                    // A little overlap: transactions commit in another order than they read the clock.
                    self.since = tasks
                        .last()
                        .map_or(self.since, |task| task.updated_at.0 - 2_000)
                        .max(self.since);
                }),
        };
        read.unwrap_or_else(|error| {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "changed tasks cannot be read; trying again"
            );
            Vec::new()
        })
    }
}
