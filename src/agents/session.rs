//! One agent's conversation about one step, as a state machine: the caller acts, the session decides.

use super::role::AgentRole;
use crate::llm::{
    chat::{ChatAnswer, ChatMessage, ChatRequest, FinishReason, ToolRequest, ToolSpec},
    prompt::StepPrompt,
};

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Ask the model with [`Session::request`].
    Ask,
    /// Run these tools, in order, and pass their results to [`Session::tool_results`].
    RunTools(Vec<ToolRequest>),
    /// The step's output.
    Done(String),
    /// The step cannot go on.
    Stop { code: &'static str, message: String },
}

/// A conversation under way.
#[derive(Clone, Debug)]
pub struct Session {
    request: ChatRequest,
    tools: Vec<ToolSpec>,
    turns_left: u32,
    tool_calls_left: u32,
}

impl Session {
    /// Begins with the role's instructions and the step as prompt. The tools are fixed here: nothing said later adds one.
    pub fn start(role: &AgentRole, model: String, prompt: &StepPrompt, tools: Vec<ToolSpec>) -> Self {
        let request = ChatRequest {
            model,
            messages: vec![
                ChatMessage::System {
                    content: role.instructions.clone(),
                },
                ChatMessage::User {
                    content: prompt.render(),
                },
            ],
            tools: tools.clone(),
            max_output_tokens: role.max_output_tokens,
            temperature: role.temperature,
            response_schema: None,
        };
        Self {
            request,
            tools,
            turns_left: role.max_turns,
            tool_calls_left: role.max_tool_calls,
        }
    }

    /// The request to send. In the last turn, and once the tool calls are used up, no tools are offered.
    pub fn request(&self) -> ChatRequest {
        let mut request = self.request.clone();
        request.tools = if self.may_use_tools() {
            self.tools.clone()
        } else {
            Vec::new()
        };
        request
    }

    /// Takes the model's answer.
    pub fn answered(&mut self, answer: &ChatAnswer) -> Next {
        self.turns_left = self.turns_left.saturating_sub(1);
        if answer.finish == FinishReason::ContentFilter {
            let message = "the provider's content filter withheld the answer".to_owned();
            return Next::Stop {
                code: "CONTENT_FILTERED",
                message,
            };
        }
        if !answer.tool_calls.is_empty() {
            self.request.messages.push(ChatMessage::Assistant {
                content: answer.content.clone(),
                tool_calls: answer.tool_calls.clone(),
                thinking: answer.thinking.clone(),
            });
            return Next::RunTools(answer.tool_calls.clone());
        }
        let said = said(answer);
        if !said.is_empty() {
            return Next::Done(finished(said, answer.finish));
        }
        self.request.messages.push(ChatMessage::User {
            content: "Your answer was empty. Answer the step in words.".to_owned(),
        });
        self.ask_again()
    }

    /// Takes the results of the tools that were asked for, in order.
    pub fn tool_results(&mut self, results: Vec<(ToolRequest, String)>) -> Next {
        for (call, content) in results {
            self.tool_calls_left = self.tool_calls_left.saturating_sub(1);
            self.request.messages.push(ChatMessage::Tool {
                tool_call_id: call.id,
                name: call.name,
                content,
            });
        }
        self.ask_again()
    }

    /// Whether tools are offered: there must be a turn left after the one that uses them.
    fn may_use_tools(&self) -> bool {
        self.turns_left > 1 && self.tool_calls_left > 0
    }

    /// Whether the call at this place (from 0) of the answer that was taken last is within the limits.
    pub fn may_run(&self, at: usize) -> bool {
        self.turns_left > 0 && at < self.tool_calls_left as usize
    }

    fn ask_again(&self) -> Next {
        if self.turns_left > 0 {
            return Next::Ask;
        }
        let message = "the agent used all its turns without an answer".to_owned();
        Next::Stop {
            code: "TURN_LIMIT",
            message,
        }
    }
}

/// What the model said, without the NUL characters that Postgres cannot store.
fn said(answer: &ChatAnswer) -> String {
    answer.content.replace('\0', "").trim().to_owned()
}

/// The output, marked where the provider cut it.
fn finished(mut output: String, finish: FinishReason) -> String {
    if finish == FinishReason::Length {
        output.push_str("\n\n[cut at the limit of output tokens]");
    }
    output
}
