//! What the messages say about where the work stands.

use crate::llm::{
    chat::{ChatMessage, ToolRequest},
    prompt::{StepPrompt, is_tool_error},
};

/// A step, its role and what its tools have returned so far.
#[derive(Debug, Default)]
pub(super) struct Situation {
    /// The role's instructions.
    pub(super) system: String,
    pub(super) step: StepPrompt,
    /// What people or the engine said after the step was put.
    pub(super) said_since: Vec<String>,
    pub(super) outcomes: Vec<Outcome>,
}

/// One tool call and what it returned.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) tool: String,
    pub(super) arguments: serde_json::Value,
    pub(super) content: String,
    pub(super) failed: bool,
}

impl Outcome {
    /// An argument of the call, as text.
    pub(super) fn argument(&self, name: &str) -> &str {
        self.arguments[name].as_str().unwrap_or_default()
    }
}

impl Situation {
    /// Finds the last step prompt; a user message in other words is taken as the instructions of a step.
    pub(super) fn read(messages: &[ChatMessage]) -> Self {
        let user = |message: &ChatMessage| match message {
            ChatMessage::User { content } => Some(content.clone()),
            _ => None,
        };
        let prompts = |message: &ChatMessage| user(message).and_then(|content| StepPrompt::parse(&content));
        let mut situation = Self::default();
        let found = messages
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, message)| Some((at, prompts(message)?)));
        let start = match found {
            Some((at, step)) => {
                situation.step = step;
                at
            }
            None => {
                let last = messages
                    .iter()
                    .enumerate()
                    .rev()
                    .find_map(|(at, message)| Some((at, user(message)?)));
                let (at, instructions) = last.unwrap_or_default();
                situation.step.instructions = instructions;
                at
            }
        };
        let mut calls: Vec<&ToolRequest> = Vec::new();
        for (at, message) in messages.iter().enumerate() {
            match message {
                ChatMessage::System { content } => {
                    situation.system.push_str(content);
                    situation.system.push('\n');
                }
                ChatMessage::User { content } if at > start => situation.said_since.push(content.clone()),
                ChatMessage::Assistant { tool_calls, .. } if at > start => calls.extend(tool_calls),
                ChatMessage::Tool {
                    tool_call_id,
                    name,
                    content,
                } if at > start => {
                    let call = calls.iter().rfind(|call| call.id == *tool_call_id);
                    let arguments = call.and_then(|call| serde_json::from_str(&call.arguments).ok());
                    situation.outcomes.push(Outcome {
                        tool: name.clone(),
                        arguments: arguments.unwrap_or_default(),
                        content: content.clone(),
                        failed: is_tool_error(content),
                    });
                }
                _ => {}
            }
        }
        situation
    }

    pub(super) fn has_tool_results(&self) -> bool {
        !self.outcomes.is_empty()
    }
}
