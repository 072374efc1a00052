//! The chat-model and embedder ports and everything behind them.

mod anthropic;
mod anthropic_failures;
mod anthropic_requests;
mod billing;
mod breaker;
mod conformance;
mod embedder;
pub(crate) mod format;
mod gist;
mod hostile;
mod offline;
mod offline_arithmetic;
mod offline_tasks;
mod offline_tools;
mod openai;
mod openai_embeddings;
mod openai_failures;
mod prices;
mod prompt;
mod route;
mod router;
pub(crate) mod scripted_server;
mod structured;
mod tokens;

use agent_orchestrator::llm::{
    ChatModel, LlmError,
    chat::{ChatAnswer, ChatMessage, ChatRequest, ToolSpec},
};
use std::sync::Mutex;

/// A request with a user message and tools of these names.
pub(crate) fn request(model: &str, messages: Vec<ChatMessage>, tools: &[&str]) -> ChatRequest {
    let tools = tools.iter().map(|name| ToolSpec {
        name: (*name).to_owned(),
        description: format!("The tool {name}."),
        parameters: serde_json::json!({ "type": "object" }),
    });
    ChatRequest {
        model: model.to_owned(),
        messages,
        tools: tools.collect(),
        max_output_tokens: 2_048,
        temperature: None,
        response_schema: None,
    }
}

/// A user message.
pub(crate) fn user(content: &str) -> ChatMessage {
    ChatMessage::User {
        content: content.to_owned(),
    }
}

/// Asks and collects the pieces that were streamed.
pub(crate) async fn ask(
    model: &dyn ChatModel,
    request: &ChatRequest,
) -> (Result<ChatAnswer, LlmError>, Vec<String>) {
    let pieces = Mutex::new(Vec::new());
    let answer = model
        .chat(request, &|piece| pieces.lock().unwrap().push(piece.to_owned()))
        .await;
    (answer, pieces.into_inner().unwrap())
}
