//! What tools may reach of the task they work for.

use crate::domain::causes::in_one_line;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entity::{enums::MemorySource, values::JsonText};
use serde_json::json;

use super::Engine;
use crate::{
    memory::{DEFAULT_NAMESPACE, MemoryError, MetadataFilter, NewContent, SearchQuery},
    store::{StoreError, memories::UsedMemory, steps::Claim},
    tools::{FoundMemory, Note, ToolError, ToolHost},
};

/// The host of one held step: its task's notes and its user's memory, and nothing else.
pub(super) struct StepHost<'a> {
    pub(super) engine: &'a Engine,
    pub(super) claim: &'a Claim,
}

#[async_trait]
impl ToolHost for StepHost<'_> {
    async fn now(&self) -> Result<DateTime<Utc>, ToolError> {
        let now = self
            .engine
            .store
            .now()
            .await
            .map_err(|error| store_failed(&error))?;
        Ok(DateTime::from_timestamp_millis(now.0).unwrap_or_default())
    }

    async fn search_memory(&self, query: &str, limit: usize) -> Result<Vec<FoundMemory>, ToolError> {
        let (engine, claim) = (self.engine, self.claim);
        let vector = engine
            .embed_for(claim, query)
            .await
            .map_err(|error| memory_failed(&error))?;
        let query = SearchQuery {
            tenant: claim.task.tenant_id.clone(),
            user: claim.task.user_id.clone(),
            namespace: DEFAULT_NAMESPACE.to_owned(),
            limit,
            min_score: None,
            filter: MetadataFilter::default(),
        };
        let found = engine
            .memory
            .search(&vector, &query)
            .await
            .map_err(|error| memory_failed(&error))?;
        let used: Vec<UsedMemory> = (1..)
            .zip(&found.hits)
            .map(|(rank, (row, score))| UsedMemory {
                memory: row.id,
                rank,
                recalled: false,
                score: f64::from(*score),
            })
            .collect();
        engine
            .store
            .record_memory_use(claim, &used)
            .await
            .map_err(|error| store_failed(&error))?;
        let hit = |(row, score): (entity::memory::Model, f32)| FoundMemory {
            id: row.id.to_string(),
            content: row.content,
            score,
        };
        Ok(found.hits.into_iter().map(hit).collect())
    }

    async fn remember(&self, content: &str) -> Result<String, ToolError> {
        let (engine, claim) = (self.engine, self.claim);
        let vector = engine
            .embed_for(claim, content)
            .await
            .map_err(|error| memory_failed(&error))?;
        let new = NewContent {
            tenant: claim.task.tenant_id.clone(),
            user: claim.task.user_id.clone(),
            namespace: DEFAULT_NAMESPACE.to_owned(),
            content: content.to_owned(),
            metadata: JsonText(json!({ "agent": claim.step.agent, "taskId": claim.task.id }).to_string()),
            source: MemorySource::Tool,
            source_task: Some(claim.task.id),
            source_step: Some(claim.step.id),
        };
        let row = engine.memory.row(new, &vector);
        let (stored, change) = engine
            .store
            .remember_for_step(claim, &row)
            .await
            .map_err(|error| store_failed(&error))?;
        engine.feed.announce(&change).await;
        Ok(stored.id.to_string())
    }

    async fn read_notes(&self) -> Result<Vec<Note>, ToolError> {
        let notes = self
            .engine
            .store
            .notes(self.claim.task.id)
            .await
            .map_err(|error| store_failed(&error))?;
        Ok(notes
            .into_iter()
            .map(|note| Note {
                name: note.name,
                content: note.content,
            })
            .collect())
    }

    async fn write_note(&self, name: &str, content: &str) -> Result<(), ToolError> {
        if self
            .engine
            .store
            .write_note(self.claim, name, content)
            .await
            .map_err(|error| store_failed(&error))?
        {
            return Ok(());
        }
        Err(ToolError::Failed(
            "the task has as many notes as it may have: remove one first".to_owned(),
        ))
    }
}

fn store_failed(error: &StoreError) -> ToolError {
    tracing::warn!(
        error = %in_one_line(error),
        "a tool met a failing store"
    );
    ToolError::Failed("the database failed; try again".to_owned())
}

fn memory_failed(error: &MemoryError) -> ToolError {
    tracing::warn!(
        error = %in_one_line(error),
        "a tool met a failing memory"
    );
    ToolError::Failed("memory could not be reached; try again".to_owned())
}
