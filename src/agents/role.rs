//! What an agent is: a role with instructions, a model and the tools it may use.

use serde::{Deserialize, Serialize};

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

fn default_max_output_tokens() -> u32 {
    2_048
}
