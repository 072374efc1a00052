//! Searching and listing memories.

use async_graphql::{
    Context, ID, InputObject, Object, SimpleObject,
    connection::{Connection, EmptyFields},
};

use super::Memory;
use crate::{
    api::graphql::{
        context::ContextExt,
        error::Error,
        ids::decode,
        pagination::{PageArgs, connection},
        scalars::Json,
    },
    services::Search,
    store::memories,
};

/// What is looked for, and in whose memory.
#[derive(InputObject)]
pub(in crate::api::graphql) struct SearchMemoryInput {
    /// Whose memory.
    user_id: String,
    /// What is looked for, in words; at most 8 KiB.
    query: String,
    /// Hits at most, 1 to 100.
    #[graphql(default = 10)]
    limit: i32,
    /// The collection; the user's default one where nothing is said.
    namespace: Option<String>,
    /// Only memories whose metadata has these values: a JSON object. Applied before ranking.
    filter: Option<Json>,
    /// Only hits with at least this cosine, -1 to 1.
    min_score: Option<f64>,
}

/// A memory that was found.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct MemoryHit {
    /// How near it is: a cosine, 1 at best.
    score: f64,
    /// The memory.
    memory: Memory,
}

/// What a search found.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct MemorySearchResult {
    /// Best first.
    hits: Vec<MemoryHit>,
    /// Whether every memory that the filter lets through was compared.
    exhaustive: bool,
    /// How many memories were compared.
    scanned: i32,
}

/// Which memories.
#[derive(InputObject, Default)]
pub(in crate::api::graphql) struct MemoryFilter {
    /// Only this user's.
    user_id: Option<String>,
    /// Only of this collection.
    namespace: Option<String>,
    /// Only those that steps of this task wrote.
    task_id: Option<ID>,
}

#[derive(Default)]
pub(in crate::api::graphql) struct MemoryQuery;

#[Object]
impl MemoryQuery {
    /// A user's memories nearest to a text. What was stored before the search is found by it.
    async fn search_memory(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is looked for.")] input: SearchMemoryInput,
    ) -> Result<MemorySearchResult, Error> {
        let SearchMemoryInput {
            user_id,
            query,
            limit,
            namespace,
            filter,
            min_score,
        } = input;
        let search = Search {
            user_id,
            query,
            limit,
            namespace,
            filter: filter.map(|json| json.0),
            min_score,
        };
        let found = ctx.services()?.search_memory(ctx.caller()?, search).await?;
        let hit = |(row, score)| MemoryHit {
            score: f64::from(score),
            memory: Memory(row),
        };
        Ok(MemorySearchResult {
            hits: found.hits.into_iter().map(hit).collect(),
            exhaustive: found.exhaustive,
            scanned: i32::try_from(found.scanned).unwrap_or(i32::MAX),
        })
    }

    /// Memories, newest first, a page at a time.
    async fn memories(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1 to 100; 20 where nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Which memories.")] filter: Option<MemoryFilter>,
    ) -> Result<Connection<String, Memory, EmptyFields, EmptyFields>, Error> {
        let MemoryFilter {
            user_id,
            namespace,
            task_id,
        } = filter.unwrap_or_default();
        let scope = ctx.caller()?.scope_of(user_id.as_deref())?;
        let source_task = task_id.map(|id| decode("filter.taskId", &id)).transpose()?;
        let page = PageArgs {
            first,
            after,
            last,
            before,
        }
        .page(true)?;
        let filter = memories::MemoryFilter {
            namespace,
            source_task,
        };
        let slice = ctx.services()?.memories(&scope, &filter, page).await?;
        Ok(connection(slice, |row| row.id.0, Memory))
    }
}
