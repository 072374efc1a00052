//! Long-term memory for people: store, search, list, forget.

use entity::{enums::MemorySource, ids::MemoryId, memory};
use serde_json::{Map, Value};

use super::{ServiceError, Services, caller::Caller, validate};
use crate::{
    domain::scope::Scope,
    limits::Limited,
    memory::{Found, MetadataFilter, NewContent, SearchQuery},
    store::{
        memories::MemoryFilter,
        page::{Page, Slice},
    },
};

/// A memory as a person gives it, unchecked.
#[derive(Clone, Debug, Default)]
pub struct NewUserMemory {
    pub user_id: String,
    pub content: String,
    pub namespace: Option<String>,
    pub metadata: Option<Value>,
}

/// A search, unchecked.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub user_id: String,
    pub query: String,
    pub limit: i32,
    pub namespace: Option<String>,
    pub filter: Option<Value>,
    pub min_score: Option<f64>,
}

impl Services {
    /// Stores a memory; the same text in the same namespace is stored once.
    pub async fn remember(&self, caller: &Caller, new: NewUserMemory) -> Result<memory::Model, ServiceError> {
        let user = caller.user(&new.user_id)?;
        let content = validate::text("content", &new.content, validate::MAX_MEMORY)?;
        let namespace = validate::namespace(new.namespace)?;
        let metadata = validate::metadata(new.metadata.as_ref())?;
        let embedded = self.memory.embed(&content).await?;
        self.store
            .pay_outside_tasks(&caller.tenant, &user, embedded.cost)
            .await?;
        let content = NewContent {
            tenant: caller.tenant.clone(),
            user,
            namespace,
            content,
            metadata,
            source: MemorySource::User,
            source_task: None,
            source_step: None,
        };
        Ok(self
            .store
            .remember(&self.memory.row(content, &embedded.vector))
            .await?)
    }

    /// Finds a user's memories, nearest first.
    pub async fn search_memory(&self, caller: &Caller, search: Search) -> Result<Found, ServiceError> {
        let user = caller.user(&search.user_id)?;
        let query = validate::text("query", &search.query, validate::MAX_QUERY)?;
        let namespace = validate::namespace(search.namespace)?;
        let limit = usize::try_from(search.limit)
            .ok()
            .filter(|limit| (1..=self.max_search_results).contains(limit))
            .ok_or_else(|| {
                ServiceError::invalid(
                    "limit",
                    format!("limit is between 1 and {}", self.max_search_results),
                )
            })?;
        let min_score = search.min_score.map(score).transpose()?;
        let filter = MetadataFilter(object(search.filter)?);
        self.limit(Limited::SearchMemory, caller, &user).await?;
        let embedded = self.memory.embed(&query).await?;
        self.store
            .pay_outside_tasks(&caller.tenant, &user, embedded.cost)
            .await?;
        let query = SearchQuery {
            tenant: caller.tenant.clone(),
            user,
            namespace,
            limit,
            min_score,
            filter,
        };
        Ok(self.memory.search(&embedded.vector, &query).await?)
    }

    /// A page of memories.
    pub async fn memories(
        &self,
        scope: &Scope,
        filter: &MemoryFilter,
        page: Page,
    ) -> Result<Slice<memory::Model>, ServiceError> {
        if let Some(namespace) = &filter.namespace {
            validate::namespace(Some(namespace.clone()))?;
        }
        Ok(self.store.list_memories(scope, filter, page).await?)
    }

    /// One memory.
    pub async fn memory(&self, caller: &Caller, id: MemoryId) -> Result<Option<memory::Model>, ServiceError> {
        Ok(self.store.memories_by_id(&caller.scope(), &[id]).await?.pop())
    }

    /// Erases a memory's text and vector for good.
    pub async fn forget_memory(&self, scope: &Scope, id: MemoryId) -> Result<(), ServiceError> {
        if self.memory.forget(scope, id).await? {
            return Ok(());
        }
        Err(ServiceError::NotFound {
            what: "memory",
            id: id.to_string(),
        })
    }
}

/// A cosine.
fn score(score: f64) -> Result<f32, ServiceError> {
    if (-1.0..=1.0).contains(&score) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cosine loses nothing that counts"
        )]
        return Ok(score as f32);
    }
    Err(ServiceError::invalid(
        "minScore",
        "minScore is a cosine between -1 and 1",
    ))
}

fn object(filter: Option<Value>) -> Result<Map<String, Value>, ServiceError> {
    match filter {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(fields)) if fields.len() <= 16 => Ok(fields),
        Some(_) => Err(ServiceError::invalid(
            "filter",
            "filter is a JSON object of at most 16 keys",
        )),
    }
}
