//! Tools: the registry, the port every tool implements, one file per built-in tool, tools called over HTTP, and tools of
//! MCP servers.
//!
//! To add a built-in tool: a file with a type that implements [`Tool`], a line in `builtin/mod.rs`, and its name in the
//! allow-list of the agents that may use it (`src/agents/defaults.toml`). A tool of an operator's own needs no code:
//! `[[tools.http]]` and `[[tools.mcp]]` in the configuration.
//!
//! May use: `domain`.

mod arguments;
pub mod builtin;
mod canonical;
pub mod http;
pub mod mcp;
mod output;
pub mod registry;
mod schema;
mod text;
mod tls;

use async_trait::async_trait;
pub use canonical::canonical_arguments;
use entity::{
    enums::ToolEffect,
    ids::{StepId, TaskId},
};
use serde_json::Value;

/// What the registry and models know of a tool.
#[derive(Clone, Debug)]
pub struct ToolDefinition {
    /// Name in `snake_case`, at most 64 characters: what models call it.
    pub name: String,
    /// One or two sentences for the model.
    pub description: String,
    /// JSON Schema of the arguments: an object, `additionalProperties: false`.
    pub parameters: Value,
    /// What a repeated call does to the world.
    pub effect: ToolEffect,
    /// How long a call may take.
    pub timeout: std::time::Duration,
}

/// What a running tool knows of its call.
#[derive(Clone, Copy)]
pub struct ToolContext<'a> {
    pub task_id: TaskId,
    pub step_id: StepId,
    /// Stable over retries of the same logical call: a tool with effects outside hands it on.
    pub idempotency_key: &'a str,
    /// What the tool may reach of the task it works for.
    pub host: &'a dyn ToolHost,
}

/// A registered function.
#[async_trait]
pub trait Tool: Send + Sync {
    fn definition(&self) -> &ToolDefinition;
    /// Runs with arguments that already passed the schema. The text is what the model reads.
    async fn run(&self, arguments: &Value, context: ToolContext<'_>) -> Result<String, ToolError>;
}

/// The task a tool works for, as far as tools may reach it: its notes, its owner's memory, the time.
/// The engine implements it over the store, already scoped to the task's tenant and user; tests use a double.
#[async_trait]
pub trait ToolHost: Send + Sync {
    /// Database time.
    async fn now(&self) -> Result<chrono::DateTime<chrono::Utc>, ToolError>;
    /// Memories nearest to the query, best first.
    async fn search_memory(&self, query: &str, limit: usize) -> Result<Vec<FoundMemory>, ToolError>;
    /// Stores a long-term memory and returns its public id. The same content again in the same step is the same
    /// memory: `remember` is declared idempotent on the strength of it.
    async fn remember(&self, content: &str) -> Result<String, ToolError>;
    /// All scratch notes of the task, by name.
    async fn read_notes(&self) -> Result<Vec<Note>, ToolError>;
    /// Writes one note of the task; an empty content removes it.
    async fn write_note(&self, name: &str, content: &str) -> Result<(), ToolError>;
}

/// One hit of a memory search.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundMemory {
    pub id: String,
    pub content: String,
    pub score: f32,
}

/// One scratch note of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub name: String,
    pub content: String,
}

/// Why a tool call has no result. The message goes back to the model, which may try again.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error("there is no tool {0:?}")]
    Unknown(String),
    #[error("this agent may not use the tool {0:?}")]
    NotAllowed(String),
    #[error("the arguments do not fit: {0}")]
    InvalidArguments(String),
    #[error("the tool did not finish within {0:?}")]
    TimedOut(std::time::Duration),
    #[error("{0}")]
    Failed(String),
    /// The call was sent, or may have been, and nobody knows what came of it.
    #[error("{0}")]
    Unanswered(String),
}

impl ToolError {
    /// The code stored with the call.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "UNKNOWN_TOOL",
            Self::NotAllowed(_) => "TOOL_NOT_ALLOWED",
            Self::InvalidArguments(_) => "INVALID_ARGUMENTS",
            Self::TimedOut(_) => "TIMEOUT",
            Self::Failed(_) => "TOOL_FAILED",
            Self::Unanswered(_) => "TOOL_UNANSWERED",
        }
    }

    /// Whether the call may have taken effect all the same.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::TimedOut(_) | Self::Unanswered(_))
    }
}
