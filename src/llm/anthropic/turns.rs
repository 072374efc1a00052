//! A conversation as the format wants it: user and assistant take turns, and all results of a turn's tools come
//! together at the front of the user's next.
//! Source: Anthropic API documentation, "Handle tool calls" and "Extended thinking".

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::PROVIDER;
use crate::llm::chat::{ChatMessage, Thinking, ToolRequest};

/// One message of the format.
#[derive(Debug, Serialize)]
pub(super) struct Turn {
    role: &'static str,
    content: Vec<Value>,
}

/// The turns of a conversation. System messages are not among them: the format has a place of their own for them.
pub(super) fn turns(messages: &[ChatMessage]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for message in messages {
        let (role, content) = match message {
            ChatMessage::System { .. } => continue,
            ChatMessage::User { content } => ("user", text(content).into_iter().collect()),
            ChatMessage::Assistant {
                content,
                tool_calls,
                thinking,
            } => ("assistant", said(content, tool_calls, thinking.as_ref())),
            ChatMessage::Tool {
                tool_call_id,
                content,
                ..
            } => ("user", vec![result(tool_call_id, content)]),
        };
        if content.is_empty() {
            continue;
        }
        match turns.last_mut() {
            Some(turn) if turn.role == role => turn.content.extend(content),
            _ => turns.push(Turn { role, content }),
        }
    }
    turns
}

/// What the model said. With its thoughts it goes back exactly as it came, because they are signed with what they stand
/// beside; unless the calls are others by now, or another provider thought them.
fn said(content: &str, calls: &[ToolRequest], thinking: Option<&Thinking>) -> Vec<Value> {
    if let Some(thinking) = thinking
        && thinking.provider == PROVIDER
    {
        let asked: Vec<&str> = thinking
            .blocks
            .iter()
            .filter(|block| block["type"] == "tool_use")
            .filter_map(|block| block["id"].as_str())
            .collect();
        if asked
            .iter()
            .copied()
            .eq(calls.iter().map(|call| call.id.as_str()))
        {
            let same_ids = |mut block: Value| {
                if let Some(given) = block["id"].as_str().map(id) {
                    block["id"] = json!(given);
                }
                block
            };
            return thinking.blocks.iter().cloned().map(same_ids).collect();
        }
    }
    let calls = calls
        .iter()
        .map(|call| tool_use(&id(&call.id), &call.name, &call.arguments));
    text(content).into_iter().chain(calls).collect()
}

/// A text as a block. The format refuses one of nothing but spaces.
fn text(content: &str) -> Option<Value> {
    (!content.trim().is_empty()).then(|| json!({ "type": "text", "text": content }))
}

/// A wish for a tool as a block. Its input is an object; arguments that are none go along as they were written.
pub(super) fn tool_use(id: &str, name: &str, arguments: &str) -> Value {
    let input = match serde_json::from_str(arguments) {
        Ok(Value::Object(input)) => Value::Object(input),
        _ if arguments.trim().is_empty() => json!({}),
        _ => json!({ "unreadable_arguments": arguments }),
    };
    json!({ "type": "tool_use", "id": id, "name": name, "input": input })
}

fn result(call: &str, content: &str) -> Value {
    let mut block = json!({ "type": "tool_result", "tool_use_id": id(call) });
    if !content.trim().is_empty() {
        block["content"] = json!(content);
    }
    block
}

/// An id in the letters the format allows (`[a-zA-Z0-9_-]`): other providers, whose calls may be in the same
/// conversation, allow more.
fn id(given: &str) -> String {
    let mut id = String::with_capacity(given.len());
    for character in given.chars() {
        if character.is_ascii_alphanumeric() || matches!(character, '_' | '-') {
            id.push(character);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(id, "-{:x}", u32::from(character));
        }
    }
    id
}
