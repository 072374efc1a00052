//! A task's host that lives in memory and keeps what tools wrote.

use std::{collections::BTreeMap, sync::Mutex};

use agent_orchestrator::tools::{
    FoundMemory, Note, Tool, ToolContext, ToolError, ToolHost,
    registry::{ToolOutput, ToolRegistry},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entity::ids::{StepId, TaskId};
use uuid::Uuid;

/// Always at 2026-01-01T23:30:15Z; a search finds every memory that contains the query.
#[derive(Default)]
pub(super) struct HostDouble {
    pub(super) memories: Mutex<Vec<String>>,
    pub(super) notes: Mutex<BTreeMap<String, String>>,
}

impl HostDouble {
    pub(super) fn context(&self) -> ToolContext<'_> {
        ToolContext {
            task_id: TaskId(Uuid::nil()),
            step_id: StepId(Uuid::nil()),
            idempotency_key: "step/1",
            host: self,
        }
    }
}

#[async_trait]
impl ToolHost for HostDouble {
    async fn now(&self) -> Result<DateTime<Utc>, ToolError> {
        Ok(DateTime::from_timestamp(1_767_310_215, 0).unwrap())
    }

    async fn search_memory(&self, query: &str, limit: usize) -> Result<Vec<FoundMemory>, ToolError> {
        let memories = self.memories.lock().unwrap();
        let hits = memories
            .iter()
            .enumerate()
            .filter(|(_, content)| content.contains(query))
            .take(limit);
        Ok(hits
            .map(|(at, content)| FoundMemory {
                id: format!("mem_{at}"),
                content: content.clone(),
                score: 0.5,
            })
            .collect())
    }

    async fn remember(&self, content: &str) -> Result<String, ToolError> {
        let mut memories = self.memories.lock().unwrap();
        memories.push(content.to_owned());
        Ok(format!("mem_{}", memories.len() - 1))
    }

    async fn read_notes(&self) -> Result<Vec<Note>, ToolError> {
        let notes = self.notes.lock().unwrap();
        Ok(notes
            .iter()
            .map(|(name, content)| Note {
                name: name.clone(),
                content: content.clone(),
            })
            .collect())
    }

    async fn write_note(&self, name: &str, content: &str) -> Result<(), ToolError> {
        let mut notes = self.notes.lock().unwrap();
        match content {
            "" => drop(notes.remove(name)),
            content => drop(notes.insert(name.to_owned(), content.to_owned())),
        }
        Ok(())
    }
}

pub(super) fn registry_of(tools: impl IntoIterator<Item = std::sync::Arc<dyn Tool>>) -> ToolRegistry {
    ToolRegistry::builder().register_all(tools).build().unwrap()
}

/// Checks and runs one call, with leave to use that tool.
pub(super) async fn call(
    registry: &ToolRegistry,
    host: &HostDouble,
    name: &str,
    arguments: &str,
) -> Result<ToolOutput, ToolError> {
    let call = registry.check(name, arguments, &[name.to_owned()])?;
    registry.run(&call, host.context()).await
}
