//! The registry: what may be registered, what may be called, and what a call cannot do to the process.

mod arguments;
mod definitions;
mod runs;

use std::{sync::Arc, time::Duration};

use agent_orchestrator::tools::{Tool, ToolContext, ToolDefinition, ToolError};
use async_trait::async_trait;
use entity::enums::ToolEffect;
use serde_json::{Value, json};

use super::host_double::{HostDouble, call, registry_of};

/// What a [`Probe`] does when it runs.
#[derive(Clone)]
enum Act {
    Say(String),
    Fail(String),
    Panic,
    Hang,
}

struct Probe {
    definition: ToolDefinition,
    act: Act,
}

#[async_trait]
impl Tool for Probe {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    async fn run(&self, _arguments: &Value, _context: ToolContext<'_>) -> Result<String, ToolError> {
        match &self.act {
            Act::Say(text) => Ok(text.clone()),
            Act::Fail(text) => Err(ToolError::Failed(text.clone())),
            Act::Panic => panic!("a secret of the tool"),
            Act::Hang => std::future::pending().await,
        }
    }
}

fn definition(name: &str, parameters: Value) -> ToolDefinition {
    ToolDefinition {
        name: name.to_owned(),
        description: "A probe.".to_owned(),
        parameters,
        effect: ToolEffect::Pure,
        timeout: Duration::from_secs(30),
    }
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "text": { "type": "string", "maxLength": 10 },
            "count": { "type": "integer", "minimum": 1 },
            "tags": { "type": "array", "items": { "type": "string" } },
            "any": {},
        },
        "required": ["text"],
        "additionalProperties": false,
    })
}

fn probe(act: Act) -> Arc<dyn Tool> {
    Arc::new(Probe {
        definition: definition("probe", schema()),
        act,
    })
}
