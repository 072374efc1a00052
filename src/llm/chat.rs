//! The words spoken with a chat model, the same for every provider.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum ChatMessage {
    /// Instructions of the operator; providers give them more weight.
    System { content: String },
    /// What the model is asked to do.
    User { content: String },
    /// What the model said, with the tools it asked for.
    Assistant {
        content: String,
        tool_calls: Vec<ToolRequest>,
        /// As the answer had it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thinking: Option<Thinking>,
    },
    /// The result of one tool call. Always data, never instructions.
    Tool {
        tool_call_id: String,
        name: String,
        content: String,
    },
}

/// What a model thought before and between what it said. Its provider wants it back unchanged with the results of the
/// tools that were asked for; to everyone else it means nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thinking {
    /// The provider whose format this is.
    pub provider: String,
    /// The answer in that format, thoughts and all, in order.
    pub blocks: Vec<serde_json::Value>,
}

/// A tool call a model asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolRequest {
    /// The provider's id of the call; its result is sent back under it.
    pub id: String,
    /// Name of the tool.
    pub name: String,
    /// Arguments as the model wrote them: JSON text, unchecked. Empty means `{}`.
    pub arguments: String,
}

/// A tool as it is described to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// JSON Schema of the arguments.
    pub parameters: serde_json::Value,
}

/// The form an answer must have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseSchema {
    /// What the form is called: ASCII letters, digits, `_` and `-`, at most 64 of them.
    pub name: String,
    /// JSON Schema of the answer. Providers may hold the model to it or not: whoever asks checks the answer.
    pub schema: serde_json::Value,
}

/// One request to a chat model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The provider's name of the model.
    pub model: String,
    pub messages: Vec<ChatMessage>,
    pub tools: Vec<ToolSpec>,
    /// Upper bound on the answer, always sent: it bounds what a call can cost.
    pub max_output_tokens: u32,
    #[serde(default)]
    pub temperature: Option<f32>,
    /// Wanted where the answer is read by a program. Left out of the JSON where there is none: the digests of requests
    /// that were journaled before it existed stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_schema: Option<ResponseSchema>,
}

impl ChatRequest {
    /// The same request to another model of this name.
    pub fn of_model(&self, name: &str) -> Cow<'_, Self> {
        if self.model == name {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self {
            model: name.to_owned(),
            ..self.clone()
        })
    }
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The answer is complete.
    Stop,
    /// The model asks for tools.
    ToolCalls,
    /// The answer was cut at the token limit.
    Length,
    /// The provider's filter withheld the answer.
    ContentFilter,
    /// Something this program does not know.
    Other,
}

/// Tokens of one call, in disjoint buckets: their sum is what is billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens that were neither read from nor written to a cache.
    pub input: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    /// Output tokens without the reasoning ones.
    pub output: u64,
    pub reasoning: u64,
}

impl Usage {
    /// All tokens of the call.
    pub fn total(&self) -> u64 {
        let Self {
            input,
            cache_read,
            cache_write,
            output,
            reasoning,
        } = *self;
        [cache_read, cache_write, output, reasoning]
            .into_iter()
            .fold(input, u64::saturating_add)
    }
}

/// A model's complete answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatAnswer {
    pub content: String,
    pub tool_calls: Vec<ToolRequest>,
    pub finish: FinishReason,
    /// What the provider says was used; `None` where it said nothing.
    pub usage: Option<Usage>,
    /// The model that answered, as the provider names it.
    pub model: String,
    /// Only of models that think and sign it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Thinking>,
}
