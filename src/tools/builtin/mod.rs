//! The tools every installation has.
//!
//! To add one: a file with a type that implements [`Tool`], its definition made by [`define`],
//! and a line in [`builtin_tools`].
//!
//! Each asks the host for what it needs; only [`web_fetch`] reaches outside, and only when it is configured.

pub mod calculator;
mod current_time;
mod read_notes;
mod remember;
mod search_memory;
pub mod web_fetch;
mod write_notes;

use std::{sync::Arc, time::Duration};

use entity::enums::ToolEffect;
use serde_json::{Value, json};

use super::{Tool, ToolDefinition};
use web_fetch::{WebFetch, WebFetchSettings};

/// How long a tool may take that only computes or asks the host.
const TIMEOUT: Duration = Duration::from_secs(10);

/// All built-in tools. `web_fetch` is among them only with settings.
pub fn builtin_tools(web: Option<WebFetchSettings>) -> Vec<Arc<dyn Tool>> {
    let mut tools: Vec<Arc<dyn Tool>> = vec![
        Arc::new(calculator::Calculator::new()),
        Arc::new(current_time::CurrentTime::new()),
        Arc::new(read_notes::ReadNotes::new()),
        Arc::new(remember::Remember::new()),
        Arc::new(search_memory::SearchMemory::new()),
        Arc::new(write_notes::WriteNotes::new()),
    ];
    if let Some(settings) = web {
        tools.push(Arc::new(WebFetch::new(settings)));
    }
    tools
}

/// A definition with the usual timeout, whose arguments are a closed object of these properties.
fn define(
    name: &str,
    description: &str,
    effect: ToolEffect,
    properties: &Value,
    required: &[&str],
) -> ToolDefinition {
    ToolDefinition {
        name: name.to_owned(),
        description: description.to_owned(),
        parameters: json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        }),
        effect,
        timeout: TIMEOUT,
    }
}

/// A text argument. The schema has made sure of those that are required; an optional one that is left out is empty.
fn text_argument<'a>(arguments: &'a Value, name: &str) -> &'a str {
    arguments.get(name).and_then(Value::as_str).unwrap_or_default()
}
