//! A memory, and the steps it has to do with.

use async_graphql::{Context, Enum, ID, Object};
use entity::{memory, memory_use};

use crate::api::graphql::{
    context::ContextExt,
    error::{Error, Nullable, nullable},
    loaders::{MemoryById, StepById, UsesOfMemory},
    scalars::{DateTime, Json, date_time},
    step::Step,
};

/// Where a memory came from.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::MemorySource")]
pub(in crate::api::graphql) enum MemorySource {
    /// A person stored it.
    User,
    /// The result of a step.
    Step,
    /// An agent stored it with a tool.
    Tool,
}

/// Something worth knowing beyond its task.
#[derive(Clone)]
pub(in crate::api::graphql) struct Memory(pub memory::Model);

/// Something worth knowing beyond its task.
#[Object]
impl Memory {
    /// The id, `mem_…`.
    pub(in crate::api::graphql) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Whose memory it is.
    async fn user_id(&self) -> &str {
        self.0.user_id.as_str()
    }

    /// The collection it belongs to.
    async fn namespace(&self) -> &str {
        &self.0.namespace
    }

    /// The text.
    async fn content(&self) -> &str {
        &self.0.content
    }

    /// What is known beside it: a JSON object.
    async fn metadata(&self) -> Json {
        Json(self.0.metadata.to_value())
    }

    /// Where it came from.
    async fn source(&self) -> MemorySource {
        self.0.source.into()
    }

    /// The step that wrote it; null if a person did.
    async fn written_by(&self, ctx: &Context<'_>) -> Nullable<Step> {
        let found = async {
            let Some(id) = self.0.source_step_id else {
                return Ok(None);
            };
            Ok(ctx.load(StepById(id)).await?.map(Step))
        };
        nullable(found.await)
    }

    /// The steps it was given to.
    async fn influenced_steps(&self, ctx: &Context<'_>) -> Result<Vec<Step>, Error> {
        let uses = ctx.load(UsesOfMemory(self.0.id)).await?.unwrap_or_default();
        let mut steps = ctx
            .load_many(uses.iter().map(|used| StepById(used.step_id)))
            .await?;
        Ok(uses
            .iter()
            .filter_map(|used| steps.remove(&StepById(used.step_id)).map(Step))
            .collect())
    }

    /// When it was stored.
    async fn created_at(&self) -> DateTime {
        date_time(self.0.created_at)
    }
}

/// A memory a step was given.
pub(in crate::api::graphql) struct MemoryUse(pub memory_use::Model);

/// A memory a step was given.
#[Object]
impl MemoryUse {
    /// The memory; null once it is forgotten.
    async fn memory(&self, ctx: &Context<'_>) -> Nullable<Memory> {
        let found = async { Ok(ctx.load(MemoryById(self.0.memory_id)).await?.map(Memory)) };
        nullable(found.await)
    }

    /// Its place in the search that found it, from 1.
    async fn rank(&self) -> i32 {
        self.0.rank
    }

    /// How near it was: a cosine.
    async fn score(&self) -> f64 {
        self.0.score
    }
}
