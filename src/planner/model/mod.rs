//! The model planner: a conversation in which a model is asked for a plan and told what is wrong with it, without I/O.
//!
//! The caller asks the model with [`Conversation::request`] and hands its answers to [`Conversation::answered`]; so it
//! can be replayed from the journal. What a plan may look like is in `form`, what the model is told in `words`. To add
//! a rule for plans: `PlanDraft::faults`, so that it holds whoever makes the plan, and a sentence in `words`.

mod form;
mod words;

use crate::{
    domain::plan::PlanDraft,
    llm::{
        chat::{ChatAnswer, ChatMessage, ChatRequest, FinishReason},
        cut::middle_cut,
        structured::{FormError, Structured},
    },
};

/// How often a model is told what is wrong with its plan.
const REPAIRS: u32 = 2;

/// Most characters of a plan that was not valid that are put before the model again.
const MAX_ECHOED_CHARS: usize = 24_000;

/// Most faults that are told at once.
const MAX_FAULTS: usize = 20;

/// An agent as the planner knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Names of the tools it can use.
    pub tools: Vec<String>,
}

/// What is to be planned, in the words of whoever submitted it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub description: &'a str,
    /// JSON Schema of the result. None: it is text.
    pub result_form: Option<&'a str>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Ask the model with [`Conversation::request`].
    Ask,
    /// A plan that is valid.
    Done(PlanDraft),
    /// No plan will come of it, for this reason.
    GiveUp(String),
}

/// A conversation under way.
#[derive(Debug)]
pub struct Conversation {
    request: ChatRequest,
    form: Structured,
    agents: Vec<Candidate>,
    repairs_left: u32,
}

impl Conversation {
    /// Begins with the rules for plans, the agents, and the description as quoted data. The limits are fixed here:
    /// nothing the description says changes them. The error cannot be met with names that the registry allows.
    pub fn start(
        model: String,
        max_output_tokens: u32,
        wanted: Wanted<'_>,
        agents: Vec<Candidate>,
    ) -> Result<Self, FormError> {
        let form = Structured::compile("plan", form::schema(&agents))?;
        let request = ChatRequest {
            model,
            messages: vec![
                ChatMessage::System {
                    content: words::rules(&agents),
                },
                ChatMessage::User {
                    content: words::task(wanted),
                },
            ],
            tools: Vec::new(),
            max_output_tokens,
            temperature: None,
            response_schema: Some(form.form().clone()),
        };
        Ok(Self {
            request,
            form,
            agents,
            repairs_left: REPAIRS,
        })
    }

    /// The request to send.
    pub fn request(&self) -> &ChatRequest {
        &self.request
    }

    /// Goes on without telling the provider the form, for servers that refuse such requests; the answer is checked all
    /// the same. False if it was not told before either.
    pub fn without_form(&mut self) -> bool {
        self.request.response_schema.take().is_some()
    }

    /// Takes the model's answer.
    pub fn answered(&mut self, answer: &ChatAnswer) -> Next {
        if answer.finish == FinishReason::ContentFilter {
            return Next::GiveUp("the provider's content filter withheld the plan".to_owned());
        }
        let mut faults = match self.read(&answer.content) {
            Ok(draft) => return Next::Done(draft),
            Err(faults) => faults,
        };
        if answer.finish == FinishReason::Length {
            faults.insert(0, words::CUT.to_owned());
        }
        if self.repairs_left == 0 {
            let told = faults.join("; ");
            return Next::GiveUp(format!("its plan was not valid after {REPAIRS} repairs: {told}"));
        }
        self.repairs_left -= 1;
        let said = middle_cut(answer.content.trim(), MAX_ECHOED_CHARS);
        if !said.is_empty() {
            self.request.messages.push(ChatMessage::Assistant {
                content: said,
                tool_calls: Vec::new(),
                thinking: None,
            });
        }
        self.request.messages.push(ChatMessage::User {
            content: words::repair(&faults),
        });
        Next::Ask
    }

    /// The plan in an answer, or everything that is wrong with it.
    fn read(&self, said: &str) -> Result<PlanDraft, Vec<String>> {
        let value = self.form.read(said)?.value;
        let mut draft: PlanDraft =
            serde_json::from_value(value).map_err(|error| vec![format!("the whole: {error}")])?;
        draft.summary = in_one_line(&draft.summary);
        for step in &mut draft.steps {
            step.title = in_one_line(&step.title);
        }
        let knows = |name: &str| self.agents.iter().any(|agent| agent.name == name);
        let mut faults: Vec<String> = draft.faults(knows).iter().map(ToString::to_string).collect();
        if faults.is_empty() {
            return Ok(draft);
        }
        if faults.len() > MAX_FAULTS {
            faults.truncate(MAX_FAULTS);
            faults.push("and more".to_owned());
        }
        Err(faults)
    }
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
