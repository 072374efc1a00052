//! The steps of one task as they change.

use async_graphql::{Context, ID, Subscription};
use entity::{enums::EventKind, event, ids::TaskId, step};
use futures_util::{Stream, StreamExt, pin_mut};

use super::Step;
use crate::{
    api::graphql::{context::ContextExt, error::Error, ids::decode},
    feed::FeedItem,
    services::{ServiceError, Services, caller::Caller},
};

#[derive(Default)]
pub(in crate::api::graphql) struct StepSubscription;

#[Subscription]
impl StepSubscription {
    /// Every step of a task as it stands, then each again as it stands after each of its changes, until the task has
    /// ended.
    async fn step_updates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "`task_…`")] task_id: ID,
    ) -> Result<impl Stream<Item = async_graphql::Result<Step>> + use<>, Error> {
        let (services, caller) = (ctx.services()?.clone(), ctx.caller()?.clone());
        let id: TaskId = decode("taskId", &task_id)?;
        let Some(task) = services.task(&caller, id).await? else {
            return Err(Error::NotFound(format!("there is no task {id}")));
        };
        // Events after this row was read are seen live, so no change falls between the two.
        let events = services.task_events(&caller, id, task.event_seq, None).await?;
        let steps = services.store.steps_of_tasks(&caller.scope(), &[id]).await?;
        Ok(async_stream::stream! {
            for step in steps {
                yield Ok(Step(step));
            }
            pin_mut!(events);
            while let Some(item) = events.next().await {
                let changed = match item {
                    Ok(FeedItem::Event(event)) => steps_changed_by(&services, &caller, &event).await,
                    Ok(FeedItem::CaughtUp { .. }) => Ok(Vec::new()),
                    Ok(FeedItem::Ended { .. }) => return,
                    Err(error) => Err(error.into()),
                };
                match changed {
                    Ok(steps) => {
                        for step in steps {
                            yield Ok(Step(step));
                        }
                    }
                    Err(error) => {
                        yield Err(Error::from(error).into());
                        return;
                    }
                }
            }
        })
    }
}

/// The steps an event changed, as they stand now. A new plan and a retry change them all.
async fn steps_changed_by(
    services: &Services,
    caller: &Caller,
    event: &event::Model,
) -> Result<Vec<step::Model>, ServiceError> {
    if matches!(event.kind, EventKind::PlanCreated | EventKind::TaskResumed) {
        return Ok(services
            .store
            .steps_of_tasks(&caller.scope(), &[event.task_id])
            .await?);
    }
    match event.step_id {
        Some(step) => Ok(services.step(caller, step).await?.into_iter().collect()),
        None => Ok(Vec::new()),
    }
}
