//! Requests as the messages format wants them.
//! Source: Anthropic API reference, "Create a Message".

use std::{borrow::Cow, collections::BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::turns::{Turn, turns};
use crate::llm::chat::{ChatMessage, ChatRequest, ToolSpec};

/// The body of `POST /v1/messages`.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    system: String,
    messages: Vec<Turn>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<ToolChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    stream: bool,
}

#[derive(Debug, Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: Cow<'a, Value>,
}

#[derive(Debug, Serialize)]
struct ToolChoice {
    r#type: &'static str,
}

impl<'a> Body<'a> {
    pub(super) fn new(request: &'a ChatRequest) -> Self {
        let system: Vec<&str> = request
            .messages
            .iter()
            .filter_map(|message| match message {
                ChatMessage::System { content } if !content.trim().is_empty() => Some(content.as_str()),
                _ => None,
            })
            .collect();
        let offered: Vec<Tool<'a>> = request.tools.iter().map(Tool::from).collect();
        // A conversation with tool calls in it is refused unless its tools are described, also when no more calls
        // are wanted.
        let (tools, tool_choice) = if offered.is_empty() {
            let used = used_tools(request);
            let none = (!used.is_empty()).then_some(ToolChoice { r#type: "none" });
            (used, none)
        } else {
            (offered, None)
        };
        Self {
            model: &request.model,
            max_tokens: request.max_output_tokens,
            system: system.join("\n\n"),
            messages: turns(&request.messages),
            tools,
            tool_choice,
            // The format's scale ends at 1, others' at 2.
            temperature: request.temperature.map(|temperature| temperature.min(1.0)),
            stream: true,
        }
    }
}

/// Tools that were called earlier in the conversation, by name only.
fn used_tools(request: &ChatRequest) -> Vec<Tool<'_>> {
    let calls = request.messages.iter().flat_map(|message| match message {
        ChatMessage::Assistant { tool_calls, .. } => tool_calls.as_slice(),
        _ => &[],
    });
    let names: BTreeSet<&str> = calls.map(|call| call.name.as_str()).collect();
    names
        .into_iter()
        .map(|name| Tool {
            name,
            description: "Not available any more.",
            input_schema: Cow::Owned(json!({ "type": "object" })),
        })
        .collect()
}

impl<'a> From<&'a ToolSpec> for Tool<'a> {
    fn from(tool: &'a ToolSpec) -> Self {
        let mut schema = Cow::Borrowed(&tool.parameters);
        // The format wants the type said, which a schema may leave out.
        if schema["type"] != "object" {
            let mut typed = tool.parameters.as_object().cloned().unwrap_or_default();
            typed.insert("type".to_owned(), json!("object"));
            schema = Cow::Owned(Value::Object(typed));
        }
        Self {
            name: &tool.name,
            description: &tool.description,
            input_schema: schema,
        }
    }
}
