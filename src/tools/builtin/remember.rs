//! `remember`: puts one fact into the long-term memory of the task's user.

use async_trait::async_trait;
use entity::enums::ToolEffect;
use serde_json::{Value, json};

use super::{define, text_argument};
use crate::tools::{Tool, ToolContext, ToolDefinition, ToolError};

pub(super) struct Remember {
    definition: ToolDefinition,
}

impl Remember {
    pub(super) fn new() -> Self {
        Self {
            definition: define(
                "remember",
                "Stores a fact in the long-term memory, for this and later tasks. Write it so that it can be \
                 understood on its own.",
                // By the contract of the host: the same text again in the same step is stored once.
                ToolEffect::Idempotent,
                &json!({
                    "content": {
                        "type": "string",
                        "description": "The fact, in one to a few sentences.",
                        "pattern": "\\S",
                        "minLength": 1,
                        "maxLength": 4_000,
                    },
                }),
                &["content"],
            ),
        }
    }
}

#[async_trait]
impl Tool for Remember {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    async fn run(&self, arguments: &Value, context: ToolContext<'_>) -> Result<String, ToolError> {
        let id = context.host.remember(text_argument(arguments, "content")).await?;
        Ok(format!("Remembered as {id}."))
    }
}
