//! Storing and finding memories.

use crate::domain::causes::in_one_line;
use std::{collections::HashMap, sync::Arc};

use entity::{
    enums::{LedgerKind, MemorySource},
    ids::{MemoryId, StepId, TaskId},
    memory,
    values::{JsonText, NanoUsd, TenantId, UserId},
};

use super::{
    MemoryError, MetadataFilter,
    index::{Change, CollectionKey, IndexError, MemoryIndex},
};
use crate::{
    domain::{digest::sha256_hex, scope::Scope},
    llm::{Embedder, chat::Usage, prices::PriceBook, tokens::estimate_tokens},
    store::{
        Store,
        ledger::{NewLedgerEntry, Tokens},
        memories::NewMemory,
    },
};

/// Rows one read of the follower brings at most.
const BATCH: u64 = 1_000;

/// How often a search starts again because its collection was closed meanwhile.
const TRIES: usize = 4;

/// A text that is to be remembered.
#[derive(Clone, Debug)]
pub struct NewContent {
    pub tenant: TenantId,
    pub user: UserId,
    pub namespace: String,
    pub content: String,
    pub metadata: JsonText,
    pub source: MemorySource,
    pub source_task: Option<TaskId>,
    pub source_step: Option<StepId>,
}

/// What is looked for, and where.
#[derive(Clone, Debug)]
pub struct SearchQuery {
    pub tenant: TenantId,
    pub user: UserId,
    pub namespace: String,
    pub limit: usize,
    /// Only hits with at least this cosine.
    pub min_score: Option<f32>,
    pub filter: MetadataFilter,
}

/// What a search found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Best first.
    pub hits: Vec<(memory::Model, f32)>,
    /// Whether every memory the filter lets through was compared.
    pub exhaustive: bool,
    /// Memories that were compared.
    pub scanned: usize,
}

/// A vector and the line of cost it makes.
#[derive(Clone, Debug)]
pub struct Embedded {
    pub vector: Vec<f32>,
    pub cost: NewLedgerEntry,
}

/// Long-term memory. Cheap to clone.
#[derive(Clone)]
pub struct LongTermMemory {
    store: Store,
    embedder: Arc<dyn Embedder>,
    index: MemoryIndex,
    prices: Arc<PriceBook>,
}

impl LongTermMemory {
    pub fn new(
        store: Store,
        embedder: Arc<dyn Embedder>,
        index: MemoryIndex,
        prices: Arc<PriceBook>,
    ) -> Self {
        Self {
            store,
            embedder,
            index,
            prices,
        }
    }

    /// The vector of a text. The caller writes its cost to the ledger.
    pub async fn embed(&self, text: &str) -> Result<Embedded, MemoryError> {
        let embedding = self.embedder.embed(&[text.to_owned()]).await?;
        let estimated = embedding.usage.is_none();
        let usage = embedding.usage.unwrap_or_else(|| Usage {
            input: estimate_tokens(text),
            ..Usage::default()
        });
        let (provider, model) = self
            .embedder
            .id()
            .split_once('/')
            .unwrap_or(("", self.embedder.id()));
        let cost = NewLedgerEntry {
            kind: LedgerKind::Embedding,
            call_id: None,
            agent: None,
            provider: provider.to_owned(),
            model: model.to_owned(),
            tokens: Tokens {
                input: i64::try_from(usage.input).unwrap_or(i64::MAX),
                estimated,
                ..Tokens::default()
            },
            amount: self.prices.cost(provider, model, &usage).map(NanoUsd),
            price_version: self.prices.version().to_owned(),
        };
        let vector = embedding.vectors.into_iter().next().unwrap_or_default();
        Ok(Embedded { vector, cost })
    }

    /// A row for a text and its vector.
    pub fn row(&self, new: NewContent, vector: &[f32]) -> NewMemory {
        NewMemory {
            tenant: new.tenant,
            user: new.user,
            namespace: new.namespace,
            content_hash: sha256_hex(new.content.as_bytes()),
            content: new.content,
            metadata: new.metadata,
            embedder: self.embedder.id().to_owned(),
            embedding: vector.iter().flat_map(|part| part.to_le_bytes()).collect(),
            source: new.source,
            source_task: new.source_task,
            source_step: new.source_step,
        }
    }

    /// The nearest memories of one collection. What was committed before the call is found.
    pub async fn search(&self, vector: &[f32], query: &SearchQuery) -> Result<Found, MemoryError> {
        let key = collection(&query.tenant, &query.user, &query.namespace);
        let allowed = self.allowed(query).await?;
        let mut tries = 0;
        let outcome = loop {
            let position = self.follow(&key).await?;
            let outcome = self
                .index
                .search(&key, vector.to_vec(), query.limit, allowed.clone())
                .await?;
            tries += 1;
            if outcome.position >= position || tries == TRIES {
                break outcome;
            }
        };
        let hits: Vec<(MemoryId, f32)> = outcome
            .hits
            .iter()
            .filter(|hit| query.min_score.is_none_or(|least| hit.score >= least))
            .map(|hit| (MemoryId(hit.id), hit.score))
            .collect();
        let scope = Scope::of_user(query.tenant.clone(), query.user.clone());
        let ids: Vec<MemoryId> = hits.iter().map(|(id, _)| *id).collect();
        let mut rows: HashMap<MemoryId, memory::Model> = self
            .store
            .memories_by_id(&scope, &ids)
            .await?
            .into_iter()
            .map(|row| (row.id, row))
            .collect();
        Ok(Found {
            hits: hits
                .iter()
                .filter_map(|(id, score)| Some((rows.remove(id)?, *score)))
                .collect(),
            exhaustive: outcome.exhaustive,
            scanned: outcome.scanned,
        })
    }

    /// Erases a memory for good: the text and vector in the store, then the vector in this process's index and files.
    /// Other processes follow with their next search. False if the scope has no such memory.
    pub async fn forget(&self, scope: &Scope, id: MemoryId) -> Result<bool, MemoryError> {
        let Some(row) = self.store.forget_memory(scope, id).await? else {
            return Ok(false);
        };
        let key = collection(&row.tenant_id, &row.user_id, &row.namespace);
        let erased = async {
            self.follow(&key).await?;
            self.save().await
        };
        if let Err(error) = erased.await {
            tracing::warn!(
                error = %in_one_line(&error),
                "a forgotten vector stays in its file for now"
            );
        }
        Ok(true)
    }

    /// Writes what the index files lack; at the next start they save a rebuild.
    pub async fn save(&self) -> Result<(), MemoryError> {
        Ok(self.index.save_all().await?)
    }

    /// The ids a filter lets through; None without a filter.
    async fn allowed(&self, query: &SearchQuery) -> Result<Option<Vec<uuid::Uuid>>, MemoryError> {
        if query.filter.is_empty() {
            return Ok(None);
        }
        let all = self
            .store
            .memory_metadata(&query.tenant, &query.user, &query.namespace)
            .await?;
        let accepted = all
            .into_iter()
            .filter(|(_, metadata)| query.filter.accepts(&metadata.to_value()));
        Ok(Some(accepted.map(|(id, _)| id.0).collect()))
    }

    /// Brings the index up to the store; returns the position it stands at.
    async fn follow(&self, key: &CollectionKey) -> Result<i64, MemoryError> {
        let (tenant, user) = (&TenantId(key.tenant.clone()), &UserId(key.user.clone()));
        let namespace = key.namespace.as_str();
        let target = self.store.memory_position(tenant, user, namespace).await?;
        let mut applied = self.index.applied_position(key).await;
        while applied < target {
            let rows = self
                .store
                .memories_changed_after(tenant, user, namespace, applied, BATCH)
                .await?;
            let position = if (rows.len() as u64) < BATCH {
                rows.last().map_or(target, |row| row.position.max(target))
            } else {
                rows.last().map_or(target, |row| row.position)
            };
            let mut changes = Vec::with_capacity(rows.len());
            for row in rows {
                changes.push(self.change(row).await?);
            }
            match self.index.apply(key, applied, changes, position).await {
                Ok(()) => applied = position,
                // The collection was closed in between: go on from where it stands now.
                Err(IndexError::Gap {
                    applied: stands_at, ..
                }) => applied = stands_at,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(target)
    }

    /// What a row means for the index. A vector of another embedder, or of another length, is made anew from its text.
    async fn change(&self, row: memory::Model) -> Result<Change, MemoryError> {
        if row.forgotten_at.is_some() {
            return Ok(Change::Remove { id: row.id.0 });
        }
        let fits = row.embedder == self.embedder.id() && row.embedding.len() == 4 * self.embedder.dimension();
        let vector = if fits {
            row.embedding
                .chunks_exact(4)
                .map(|part| f32::from_le_bytes([part[0], part[1], part[2], part[3]]))
                .collect()
        } else {
            let embedded = self.embed(&row.content).await?;
            self.store
                .pay_outside_tasks(&row.tenant_id, &row.user_id, embedded.cost)
                .await?;
            embedded.vector
        };
        Ok(Change::Put { id: row.id.0, vector })
    }
}

fn collection(tenant: &TenantId, user: &UserId, namespace: &str) -> CollectionKey {
    CollectionKey {
        tenant: tenant.0.clone(),
        user: user.0.clone(),
        namespace: namespace.to_owned(),
    }
}
