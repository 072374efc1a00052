//! A registered tool.

use async_graphql::{Enum, SimpleObject};

use crate::{api::graphql::scalars::Json, services::ToolDefinition};

/// A function that agents may call.
#[derive(SimpleObject)]
pub(in crate::api::graphql) struct Tool {
    /// Unique name.
    name: String,
    /// What it does.
    description: String,
    /// JSON Schema of its arguments. A call whose arguments do not fit is refused and logged.
    parameters: Json,
    /// What running it again does.
    effect: ToolEffect,
    /// How long a call may take, in milliseconds.
    timeout_ms: i32,
}

/// What running a tool call again does to the world.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::enums::ToolEffect")]
pub(in crate::api::graphql) enum ToolEffect {
    /// Nothing: it only reads.
    Pure,
    /// The same as running it once, under the same idempotency key.
    Idempotent,
    /// Something more each time: never run again without a person's word.
    AtMostOnce,
}

impl From<&ToolDefinition> for Tool {
    fn from(definition: &ToolDefinition) -> Self {
        Self {
            name: definition.name.clone(),
            description: definition.description.clone(),
            parameters: Json(definition.parameters.clone()),
            effect: definition.effect.into(),
            timeout_ms: i32::try_from(definition.timeout.as_millis()).unwrap_or(i32::MAX),
        }
    }
}
