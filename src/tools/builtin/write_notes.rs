//! `write_notes`: writes or removes one scratch note of the task.

use async_trait::async_trait;
use entity::enums::ToolEffect;
use serde_json::{Value, json};

use super::{define, text_argument};
use crate::tools::{Tool, ToolContext, ToolDefinition, ToolError};

pub(super) struct WriteNotes {
    definition: ToolDefinition,
}

impl WriteNotes {
    pub(super) fn new() -> Self {
        Self {
            definition: define(
                "write_notes",
                "Writes a note that every step of this task can read. A note of the same name is replaced; empty \
                 content removes it.",
                ToolEffect::Idempotent,
                &json!({
                    "name": {
                        "type": "string",
                        "description": "Lower-case letters, digits, \"_\" and \"-\".",
                        "pattern": "^[a-z0-9_-]{1,64}$",
                    },
                    "content": { "type": "string", "maxLength": 8_000 },
                }),
                &["name", "content"],
            ),
        }
    }
}

#[async_trait]
impl Tool for WriteNotes {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    async fn run(&self, arguments: &Value, context: ToolContext<'_>) -> Result<String, ToolError> {
        let (name, content) = (
            text_argument(arguments, "name"),
            text_argument(arguments, "content"),
        );
        context.host.write_note(name, content).await?;
        Ok(match content.chars().count() {
            0 => format!("Note {name:?} is removed."),
            length => format!("Note {name:?} is written ({length} characters)."),
        })
    }
}
