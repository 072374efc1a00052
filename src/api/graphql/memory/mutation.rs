//! Storing and erasing memories.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::Memory;
use crate::{
    api::graphql::{
        context::ContextExt,
        error::Error,
        ids::decode,
        payload::{UserError, outcome},
        scalars::Json,
    },
    services::NewUserMemory,
};

/// Something to be remembered.
#[derive(InputObject)]
pub(in crate::api::graphql) struct RememberInput {
    /// Whose memory it is.
    user_id: String,
    /// The text; at most 16 KiB.
    content: String,
    /// The collection it goes to; the user's default one where nothing is said.
    namespace: Option<String>,
    /// What is known beside it, for filters: a JSON object.
    metadata: Option<Json>,
}

/// What came of remembering.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct RememberPayload {
    /// The memory. The same text in the same namespace is stored once.
    memory: Option<Memory>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

/// Which memory, and for whom.
#[derive(InputObject)]
pub(in crate::api::graphql) struct ForgetMemoryInput {
    /// `mem_…`
    id: ID,
    /// Act as this user: what belongs to others looks absent.
    user_id: Option<String>,
}

/// What came of forgetting.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct ForgetMemoryPayload {
    /// The id of the memory whose text and vector are gone.
    forgotten_id: Option<ID>,
    /// Why it was refused.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(in crate::api::graphql) struct MemoryMutation;

#[Object]
impl MemoryMutation {
    /// Stores a long-term memory.
    async fn remember(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be remembered.")] input: RememberInput,
    ) -> Result<RememberPayload, Error> {
        let RememberInput {
            user_id,
            content,
            namespace,
            metadata,
        } = input;
        let new = NewUserMemory {
            user_id,
            content,
            namespace,
            metadata: metadata.map(|json| json.0),
        };
        let remembered = ctx.services()?.remember(ctx.caller()?, new).await;
        let (memory, user_errors) = outcome(remembered.map_err(Error::from), "id")?;
        Ok(RememberPayload {
            memory: memory.map(Memory),
            user_errors,
        })
    }

    /// Erases a memory: its text and its vector are gone for good.
    async fn forget_memory(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which memory.")] input: ForgetMemoryInput,
    ) -> Result<ForgetMemoryPayload, Error> {
        let ForgetMemoryInput { id, user_id } = input;
        let result = async {
            let scope = ctx.caller()?.scope_of(user_id.as_deref())?;
            ctx.services()?.forget_memory(&scope, decode("id", &id)?).await?;
            Ok(id.clone())
        };
        let (forgotten_id, user_errors) = outcome(result.await, "id")?;
        Ok(ForgetMemoryPayload {
            forgotten_id,
            user_errors,
        })
    }
}
