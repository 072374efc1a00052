//! Requests as the chat-completions format wants them.
//! Source: OpenAI API reference, "Create chat completion".

use serde::Serialize;
use serde_json::Value;

use crate::llm::chat::{ChatMessage, ChatRequest, ResponseSchema, ToolRequest, ToolSpec};

/// The body of `POST /chat/completions`.
#[derive(Debug, Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    stream: bool,
    stream_options: StreamOptions,
}

#[derive(Debug, Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: JsonSchema<'a>,
}

#[derive(Debug, Serialize)]
struct JsonSchema<'a> {
    name: &'a str,
    /// The strict form allows only a part of JSON Schema, and refuses requests with the rest.
    strict: bool,
    schema: &'a Value,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Debug, Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
enum Message<'a> {
    System {
        content: &'a str,
    },
    User {
        content: &'a str,
    },
    Assistant {
        /// `null` beside tool calls where nothing was said.
        content: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Call<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        content: &'a str,
    },
}

#[derive(Debug, Serialize)]
struct Call<'a> {
    id: &'a str,
    r#type: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Debug, Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Debug, Serialize)]
struct Tool<'a> {
    r#type: &'static str,
    function: Function<'a>,
}

#[derive(Debug, Serialize)]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

/// Which field bounds the answer: OpenAI's reasoning models refuse the old one, other servers know only that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LimitField {
    MaxTokens,
    MaxCompletionTokens,
}

impl<'a> Body<'a> {
    pub(super) fn new(request: &'a ChatRequest, limit: LimitField) -> Self {
        let bound = |field| (limit == field).then_some(request.max_output_tokens);
        Self {
            model: &request.model,
            messages: request.messages.iter().map(Message::from).collect(),
            tools: request.tools.iter().map(Tool::from).collect(),
            max_tokens: bound(LimitField::MaxTokens),
            max_completion_tokens: bound(LimitField::MaxCompletionTokens),
            temperature: request.temperature,
            response_format: request.response_schema.as_ref().map(ResponseFormat::from),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
        }
    }
}

impl<'a> From<&'a ResponseSchema> for ResponseFormat<'a> {
    fn from(form: &'a ResponseSchema) -> Self {
        Self {
            r#type: "json_schema",
            json_schema: JsonSchema {
                name: &form.name,
                strict: false,
                schema: &form.schema,
            },
        }
    }
}

impl<'a> From<&'a ChatMessage> for Message<'a> {
    fn from(message: &'a ChatMessage) -> Self {
        match message {
            ChatMessage::System { content } => Self::System { content },
            ChatMessage::User { content } => Self::User { content },
            ChatMessage::Assistant {
                content, tool_calls, ..
            } => Self::Assistant {
                content: (!content.is_empty() || tool_calls.is_empty()).then_some(content),
                tool_calls: tool_calls.iter().map(Call::from).collect(),
            },
            ChatMessage::Tool {
                tool_call_id,
                content,
                ..
            } => Self::Tool {
                tool_call_id,
                content,
            },
        }
    }
}

impl<'a> From<&'a ToolRequest> for Call<'a> {
    fn from(call: &'a ToolRequest) -> Self {
        let arguments = if call.arguments.trim().is_empty() {
            "{}"
        } else {
            &call.arguments
        };
        Self {
            id: &call.id,
            r#type: "function",
            function: CalledFunction {
                name: &call.name,
                arguments,
            },
        }
    }
}

impl<'a> From<&'a ToolSpec> for Tool<'a> {
    fn from(tool: &'a ToolSpec) -> Self {
        Self {
            r#type: "function",
            function: Function {
                name: &tool.name,
                description: &tool.description,
                parameters: &tool.parameters,
            },
        }
    }
}
