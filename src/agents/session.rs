//! One agent's conversation about one step, as a state machine: the caller acts, the session decides.
//!
//! The same answers and results lead to the same requests, so a conversation can be replayed from the journal. To add a
//! limit: a setting of [`AgentRole`], what is left of it as a field here, and a [`Stop`] with a code of its own.

use std::sync::Arc;

use super::{
    context,
    repeats::{LoopDetected, Repeats},
    role::AgentRole,
};
use crate::llm::{
    chat::{ChatAnswer, ChatMessage, ChatRequest, FinishReason, ToolRequest, ToolSpec},
    cut::middle_cut,
    prompt::StepPrompt,
    structured::Structured,
    tokens::{estimate_answer, estimate_request},
};

/// How often a model is told that its answer does not have the form that is wanted.
const REPAIRS: u32 = 2;

/// Most characters of such an answer that are put before it again.
const MAX_ECHOED_CHARS: usize = 24_000;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Ask the model with [`Session::request`].
    Ask,
    /// Run these tools but for those of [`Session::refusal`], and pass their results in this order to
    /// [`Session::tool_results`].
    RunTools(Vec<ToolRequest>),
    /// The step's output.
    Done(String),
    /// The step cannot go on.
    Stop(Stop),
}

/// Why a step cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    pub code: &'static str,
    pub message: String,
}

/// A conversation under way.
#[derive(Clone, Debug)]
pub struct Session {
    prompt: StepPrompt,
    request: ChatRequest,
    /// Tokens the model can hold at once.
    window: u64,
    turns_left: u32,
    tool_calls_left: u32,
    /// None: not limited.
    tokens_left: Option<u64>,
    repeats: Repeats,
    /// What the output must look like. None: it is text.
    form: Option<Arc<Structured>>,
    repairs_left: u32,
    /// Of the answer that was taken last: which calls repeat earlier ones once too often.
    repeated: Vec<bool>,
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
            tools,
            max_output_tokens: role.max_output_tokens,
            temperature: role.temperature,
            response_schema: None,
        };
        Self {
            prompt: prompt.clone(),
            request,
            window: role.window(),
            turns_left: role.max_turns,
            tool_calls_left: role.max_tool_calls,
            tokens_left: role.max_tokens.map(u64::from),
            repeats: Repeats::new(role.max_same_calls),
            form: None,
            repairs_left: REPAIRS,
            repeated: Vec::new(),
        }
    }

    /// The output must be JSON of this form: the model is told, and its answer is checked.
    #[must_use]
    pub fn with_form(mut self, form: Option<Structured>) -> Self {
        let Some(form) = form else { return self };
        if let Some(ChatMessage::System { content }) = self.request.messages.first_mut() {
            content.push_str(&format!(
                "\n\nWhen you answer, answer with JSON and nothing else. It must fit this JSON Schema:\n{}",
                form.form().schema
            ));
        }
        self.request.response_schema = Some(form.form().clone());
        self.form = Some(Arc::new(form));
        self
    }

    /// Goes on without telling the provider the form, for servers that refuse such requests; the answer is checked all
    /// the same. False if it was not told before either.
    pub fn untold_form(&mut self) -> bool {
        self.request.response_schema.take().is_some()
    }

    /// The request to send, shortened to the model's window. In the last turn, and once the tool calls are used up, no
    /// tools are offered. None is sent that does not fit, or could use more tokens than are left.
    pub fn request(&self) -> Result<ChatRequest, Stop> {
        let mut request = self.request.clone();
        if !self.may_use_tools() {
            request.tools = Vec::new();
        }
        let request = context::fit(request, &self.prompt, self.window).ok_or_else(|| Stop {
            code: "CONTEXT_LIMIT",
            message: format!(
                "the step does not fit into the {} tokens its model can hold, however it is shortened",
                self.window
            ),
        })?;
        let worst = estimate_request(&request) + u64::from(request.max_output_tokens);
        match self.tokens_left {
            Some(left) if worst > left => Err(Stop {
                code: "TOKEN_LIMIT",
                message: format!(
                    "the next model call may use {worst} tokens, and {left} of the agent's tokens are left"
                ),
            }),
            _ => Ok(request),
        }
    }

    /// Takes the model's answer to what [`Session::request`] gave.
    pub fn answered(&mut self, answer: &ChatAnswer) -> Next {
        self.turns_left = self.turns_left.saturating_sub(1);
        if let Some(left) = &mut self.tokens_left {
            let used = match &answer.usage {
                Some(usage) => usage.total(),
                None => estimate_request(&self.request) + estimate_answer(answer),
            };
            *left = left.saturating_sub(used);
        }
        if answer.finish == FinishReason::ContentFilter {
            let message = "the provider's content filter withheld the answer".to_owned();
            return stop("CONTENT_FILTERED", message);
        }
        if !answer.tool_calls.is_empty() {
            return self.asked_for_tools(answer);
        }
        let said = said(answer);
        if !said.is_empty() {
            return match self.form.clone() {
                None => Next::Done(finished(said, answer.finish)),
                Some(form) => self.answered_in_form(&form, &said, answer.finish),
            };
        }
        self.request.messages.push(ChatMessage::User {
            content: "Your answer was empty. Answer the step in words.".to_owned(),
        });
        self.ask_again()
    }

    fn answered_in_form(&mut self, form: &Structured, said: &str, finish: FinishReason) -> Next {
        let mut faults = match form.read(said) {
            Ok(found) => return Next::Done(found.text.to_owned()),
            Err(faults) => faults,
        };
        if finish == FinishReason::Length {
            faults.insert(0, "the answer was cut at the limit of output tokens".to_owned());
        }
        if self.repairs_left == 0 || self.turns_left == 0 {
            let message = format!(
                "the agent's answer does not have the form the task asked for: {}",
                faults.join("; ")
            );
            return stop("OUTPUT_SCHEMA", message);
        }
        self.repairs_left -= 1;
        self.request.messages.push(ChatMessage::Assistant {
            content: middle_cut(said, MAX_ECHOED_CHARS),
            tool_calls: Vec::new(),
            thinking: None,
        });
        self.request.messages.push(ChatMessage::User {
            content: format!(
                "This does not have the form that is wanted. What is wrong, with its place in the JSON:\n- {}\n\n\
                 Answer with the whole again, put right: JSON and nothing else.",
                faults.join("\n- ")
            ),
        });
        self.ask_again()
    }

    fn asked_for_tools(&mut self, answer: &ChatAnswer) -> Next {
        self.repeated = match self.repeats.take(&answer.tool_calls) {
            Ok(repeated) => repeated,
            Err(LoopDetected { tool }) => {
                let message = format!("the agent kept calling the tool {tool:?} with the same arguments");
                return stop("LOOP_DETECTED", message);
            }
        };
        self.request.messages.push(ChatMessage::Assistant {
            content: answer.content.clone(),
            tool_calls: answer.tool_calls.clone(),
            thinking: answer.thinking.clone(),
        });
        Next::RunTools(answer.tool_calls.clone())
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

    /// Why the call at this place (from 0) of the answer that was taken last must not run, in words for the model.
    pub fn refusal(&self, at: usize) -> Option<&'static str> {
        if self.turns_left == 0 || at >= self.tool_calls_left as usize {
            Some("the limit of tool calls is reached: answer with what you have")
        } else if self.repeated.get(at) == Some(&true) {
            Some(
                "you have called this tool with these arguments before, again and again, and the result is above: do \
                 something else, or answer with what you have",
            )
        } else {
            None
        }
    }

    fn ask_again(&self) -> Next {
        if self.turns_left > 0 {
            return Next::Ask;
        }
        stop(
            "TURN_LIMIT",
            "the agent used all its turns without an answer".to_owned(),
        )
    }
}

fn stop(code: &'static str, message: String) -> Next {
    Next::Stop(Stop { code, message })
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
