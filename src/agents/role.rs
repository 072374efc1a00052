//! What an agent is: a role with instructions, a model and the tools it may use.

use entity::values::NanoUsd;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// Tokens a model can hold at once, unless the agent says otherwise.
const WINDOW: u64 = 128_000;

/// One agent, as configured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentRole {
    /// Name in `snake_case`, unique.
    pub name: String,
    /// What it is for, in one sentence.
    pub description: String,
    /// The system prompt it works under.
    pub instructions: String,
    /// `provider/model`, `offline`, or `default` for the configured default model.
    #[serde(default = "default_model")]
    pub model: String,
    /// The same for the models that are asked, in order, when that one does not answer. Not said: those of the
    /// configuration.
    #[serde(default)]
    pub fallbacks: Option<Vec<String>>,
    /// Names of the tools it may use.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Lower-case word stems that mark work for it, most telling first (`design`, `architect`).
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Most model calls in one attempt of a step.
    #[serde(default = "default_max_turns")]
    pub max_turns: u32,
    /// Most tool calls in one attempt of a step.
    #[serde(default = "default_max_tool_calls")]
    pub max_tool_calls: u32,
    /// Upper bound on the tokens of one answer.
    #[serde(default = "default_max_output_tokens")]
    pub max_output_tokens: u32,
    #[serde(default)]
    pub temperature: Option<f32>,
    /// How often one tool may be called with the same arguments in one attempt. The model is told of the next such call;
    /// the one after that stops the step.
    #[serde(default = "default_max_same_calls")]
    pub max_same_calls: u32,
    /// Tokens its model can hold at once, the answer included. Not set: 128000, or more where the answers may be longer
    /// than half of that.
    #[serde(default)]
    pub context_tokens: Option<u32>,
    /// Most tokens of all model calls in one attempt of a step, read and written. Not set: as many as it takes.
    #[serde(default)]
    pub max_tokens: Option<u32>,
    /// Most money for all model calls in one attempt of a step, in USD. Not set: what the task's budget allows.
    #[serde(default, deserialize_with = "amount")]
    pub max_cost_usd: Option<NanoUsd>,
    /// Longest time of one attempt of a step, in seconds. Not set: what the engine allows any step.
    #[serde(default)]
    pub max_seconds: Option<u32>,
}

impl AgentRole {
    /// Tokens its model can hold at once.
    pub fn window(&self) -> u64 {
        match self.context_tokens {
            Some(tokens) => u64::from(tokens),
            None => WINDOW.max(2 * u64::from(self.max_output_tokens)),
        }
    }
}

/// An amount as a text or a number.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NanoUsd>, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        number => number.to_string(),
    };
    text.trim().parse().map(Some).map_err(D::Error::custom)
}

fn default_model() -> String {
    "default".to_owned()
}

fn default_max_turns() -> u32 {
    12
}

fn default_max_tool_calls() -> u32 {
    32
}

fn default_max_same_calls() -> u32 {
    3
}

fn default_max_output_tokens() -> u32 {
    2_048
}
