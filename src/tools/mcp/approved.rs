//! The tools of a server that an operator has approved, in a file: `{"tools": [{"name", "description", "inputSchema",
//! "effect"}]}`. `agent-orchestrator mcp-tools SERVER` writes it from what the server offers. A tool whose definition has
//! changed since is not called until it is approved again.

use std::path::{Path, PathBuf};

use entity::enums::ToolEffect;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::SEPARATOR;
use crate::{domain::digest::sha256_hex, tools::canonical};

/// Most tools of one server.
pub(super) const MAX_TOOLS: usize = 128;

/// Most bytes of a file.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// Why a file of approved tools cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ApprovedError {
    #[error(
        "{0} is not there: look at the server's tools with `mcp-tools`, and approve them with `--approve`"
    )]
    Missing(PathBuf),
    #[error("cannot read {path}")]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{0} is longer than {MAX_FILE_BYTES} bytes")]
    TooLong(PathBuf),
    #[error("{path} is not a file of approved tools")]
    Malformed {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("{0} has more than {MAX_TOOLS} tools")]
    TooMany(PathBuf),
}

/// The tools of one server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedTools {
    pub tools: Vec<ApprovedTool>,
}

/// One tool, as the server defined it when it was approved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ApprovedTool {
    /// As the server calls it.
    pub name: String,
    pub description: String,
    pub input_schema: Map<String, Value>,
    /// What a repeated call does to the world: for the operator to say, whatever the server claims.
    #[serde(default)]
    pub effect: Effect,
}

/// What a repeated call does to the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing: it only reads.
    Pure,
    /// The same as one call.
    Idempotent,
    /// Something more each time. A call of which nobody knows how it ended waits for a person.
    #[default]
    AtMostOnce,
}

impl From<Effect> for ToolEffect {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::Pure => Self::Pure,
            Effect::Idempotent => Self::Idempotent,
            Effect::AtMostOnce => Self::AtMostOnce,
        }
    }
}

impl ApprovedTools {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`ApprovedError`], each with the file's name.
    pub fn read(path: &Path) -> Result<Self, ApprovedError> {
        let owned = || path.to_owned();
        let unreadable = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => ApprovedError::Missing(owned()),
            _ => ApprovedError::Unreadable {
                path: owned(),
                source,
            },
        };
        if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_FILE_BYTES {
            return Err(ApprovedError::TooLong(owned()));
        }
        let text = std::fs::read(path).map_err(unreadable)?;
        let approved: Self = serde_json::from_slice(&text).map_err(|source| ApprovedError::Malformed {
            path: owned(),
            source,
        })?;
        if approved.tools.len() > MAX_TOOLS {
            return Err(ApprovedError::TooMany(owned()));
        }
        Ok(approved)
    }
}

impl ApprovedTool {
    /// What models call the tool: the server's name and its own, with every character that is not allowed as `_`.
    pub fn name_of(&self, server: &str) -> String {
        let own: String = self
            .name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '_'
                }
            })
            .collect();
        format!("{server}{SEPARATOR}{own}")
    }

    /// The schema of its arguments, closed to what it does not name unless it says otherwise of itself.
    pub(super) fn parameters(&self) -> Value {
        let mut schema = self.input_schema.clone();
        schema.entry("type").or_insert_with(|| "object".into());
        schema.entry("additionalProperties").or_insert(Value::Bool(false));
        Value::Object(schema)
    }

    /// SHA-256 of what a model is told of the tool.
    pub fn digest(&self) -> String {
        let told = json!({
            "name": self.name, "description": self.description, "inputSchema": self.input_schema,
        });
        sha256_hex(canonical::to_text(&told).as_bytes())
    }
}
