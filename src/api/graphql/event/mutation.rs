//! Saying how far a consumer has read.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::cursor;
use crate::api::graphql::{
    context::ContextExt,
    error::Error,
    ids::decode,
    payload::{UserError, outcome},
};

/// What a consumer has read.
#[derive(InputObject)]
pub(in crate::api::graphql) struct AcknowledgeEventsInput {
    /// `task_…`
    task_id: ID,
    /// The consumer's name: the one it subscribes with.
    consumer: String,
    /// Cursor of the last event it has dealt with.
    cursor: String,
}

/// What is remembered of a consumer.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct AcknowledgeEventsPayload {
    /// Where the consumer will go on. It never goes back.
    cursor: Option<String>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(in crate::api::graphql) struct EventMutation;

#[Object]
impl EventMutation {
    /// Remembers how far a named consumer has read. A client that subscribes again with its first variables and the
    /// same name goes on from there.
    async fn acknowledge_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who has read how far.")] input: AcknowledgeEventsInput,
    ) -> Result<AcknowledgeEventsPayload, Error> {
        let AcknowledgeEventsInput {
            task_id,
            consumer,
            cursor,
        } = input;
        let result = async {
            let (task, seq) = (decode("taskId", &task_id)?, cursor::decode("cursor", &cursor)?);
            let scope = ctx.caller()?.scope();
            let seq = ctx
                .services()?
                .acknowledge_events(&scope, task, &consumer, seq)
                .await?;
            Ok(cursor::encode(seq))
        };
        let (cursor, user_errors) = outcome(result.await, "taskId")?;
        Ok(AcknowledgeEventsPayload { cursor, user_errors })
    }
}
