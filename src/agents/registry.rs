//! The configured agents: parsed from TOML, checked as a whole before any of them works.
//!
//! To add an agent: an `[[agents]]` table in `defaults.toml` or in the operator's own file. To add a setting: a
//! field of `AgentRole`, and its check in [`check`].

use std::collections::HashSet;

use entity::values::NanoUsd;
use serde::Deserialize;

use super::role::AgentRole;

/// Longest name of an agent, in bytes.
pub const MAX_NAME_BYTES: usize = 64;
/// Most agents in one file.
pub const MAX_AGENTS: usize = 64;
/// Largest `max_turns`.
pub const MAX_TURNS: u32 = 100;
/// Largest `max_tool_calls`.
pub const MAX_TOOL_CALLS: u32 = 500;
/// Largest `max_output_tokens`.
pub const MAX_OUTPUT_TOKENS: u32 = 200_000;
/// Most models that are asked when an agent's own does not answer.
pub const MAX_FALLBACKS: usize = 8;
/// Largest `max_same_calls`.
pub const MAX_SAME_CALLS: u32 = 100;
/// Largest `context_tokens`.
pub const MAX_CONTEXT_TOKENS: u32 = 10_000_000;
/// Largest `max_tokens`.
pub const MAX_TOKENS: u32 = 1_000_000_000;
/// Largest `max_seconds`.
pub const MAX_SECONDS: u32 = 86_400;
/// Room in `context_tokens` beside the longest answer, at least.
pub const MIN_PROMPT_TOKENS: u32 = 1_000;
/// Longest instructions, in bytes.
pub const MAX_INSTRUCTIONS_BYTES: usize = 64 * 1024;

/// The agents of this process, in the order of their file.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentRegistry {
    agents: Vec<AgentRole>,
}

/// Why a file of agents is refused. Each names the agent at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentConfigError {
    #[error("the agents file is not valid TOML: {0}")]
    Syntax(toml::de::Error),
    #[error("the agents file has the unknown key {0:?}; it holds [[agents]] tables only")]
    UnknownSection(String),
    #[error("the agents file names no agents")]
    Empty,
    #[error("the agents file names {0} agents; at most {MAX_AGENTS} are allowed")]
    TooMany(usize),
    #[error("agent {agent}: {source}")]
    Malformed { agent: String, source: toml::de::Error },
    #[error(
        "agent {0:?}: a name is snake_case, begins with a letter and has at most {MAX_NAME_BYTES} characters"
    )]
    BadName(String),
    #[error("agent {0:?} is defined twice")]
    Duplicate(String),
    #[error("agent {agent:?}: {field} must not be blank")]
    Blank { agent: String, field: &'static str },
    #[error(
        "agent {agent:?}: instructions are {bytes} bytes long; at most {MAX_INSTRUCTIONS_BYTES} are allowed"
    )]
    LongInstructions { agent: String, bytes: usize },
    #[error("agent {agent:?}: {field} is {value}; it must be between {least} and {most}")]
    OutOfRange {
        agent: String,
        field: &'static str,
        value: u32,
        least: u32,
        most: u32,
    },
    #[error("agent {0:?}: max_cost_usd must be more than 0")]
    NoMoney(String),
    #[error("agent {agent:?}: temperature is {value}; it must be between 0 and 2")]
    Temperature { agent: String, value: String },
    #[error("agent {agent:?}: model {model:?} is neither \"default\" nor \"offline\" nor provider/model")]
    BadModel { agent: String, model: String },
    #[error("agent {0:?}: it may have at most {MAX_FALLBACKS} fallbacks")]
    TooManyFallbacks(String),
    #[error("agent {agent:?}: tool {tool:?} is listed twice")]
    RepeatedTool { agent: String, tool: String },
    #[error("agent {agent:?}: keyword {keyword:?} is blank or not lower case")]
    BadKeyword { agent: String, keyword: String },
    #[error("agent {agent:?} may use the tool {tool:?}, which does not exist")]
    UnknownTool { agent: String, tool: String },
    #[error("the tool {tool:?} is for the agent {agent:?}, which does not exist")]
    UnknownAgent { agent: String, tool: String },
}

/// A file before its agents are looked at, so that an error can name the agent.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    agents: Vec<toml::Table>,
    #[serde(flatten)]
    rest: toml::Table,
}

impl AgentRegistry {
    /// Reads and checks a TOML text with one `[[agents]]` table per agent.
    pub fn parse(text: &str) -> Result<Self, AgentConfigError> {
        let file: File = toml::from_str(text).map_err(AgentConfigError::Syntax)?;
        if let Some(key) = file.rest.keys().next() {
            return Err(AgentConfigError::UnknownSection(key.clone()));
        }
        if file.agents.is_empty() {
            return Err(AgentConfigError::Empty);
        }
        if file.agents.len() > MAX_AGENTS {
            return Err(AgentConfigError::TooMany(file.agents.len()));
        }
        let mut names = HashSet::new();
        let mut agents = Vec::with_capacity(file.agents.len());
        for (table, number) in file.agents.into_iter().zip(1..) {
            let agent = read(table, number)?;
            check(&agent)?;
            if !names.insert(agent.name.clone()) {
                return Err(AgentConfigError::Duplicate(agent.name));
            }
            agents.push(agent);
        }
        Ok(Self { agents })
    }

    /// The agents that come with the program.
    pub fn builtin() -> Result<Self, AgentConfigError> {
        Self::parse(include_str!("defaults.toml"))
    }

    /// The agent of that name.
    pub fn get(&self, name: &str) -> Option<&AgentRole> {
        self.agents.iter().find(|agent| agent.name == name)
    }

    /// All agents, in the order of their file.
    pub fn all(&self) -> &[AgentRole] {
        &self.agents
    }

    /// Lets an agent use a tool besides those its own list names.
    pub fn grant(&mut self, agent: &str, tool: &str) -> Result<(), AgentConfigError> {
        let role = self.agents.iter_mut().find(|role| role.name == agent);
        let role = role.ok_or_else(|| AgentConfigError::UnknownAgent {
            agent: agent.to_owned(),
            tool: tool.to_owned(),
        })?;
        if !role.tools.iter().any(|known| known == tool) {
            role.tools.push(tool.to_owned());
        }
        Ok(())
    }

    /// Checks that every tool an agent may use exists.
    pub fn validate_tools(&self, knows_tool: impl Fn(&str) -> bool) -> Result<(), AgentConfigError> {
        for agent in &self.agents {
            if let Some(tool) = agent.tools.iter().find(|tool| !knows_tool(tool)) {
                return Err(AgentConfigError::UnknownTool {
                    agent: agent.name.clone(),
                    tool: tool.clone(),
                });
            }
        }
        Ok(())
    }
}

fn read(table: toml::Table, number: usize) -> Result<AgentRole, AgentConfigError> {
    let name = table
        .get("name")
        .and_then(toml::Value::as_str)
        .map(|name| format!("{name:?}"));
    table.try_into().map_err(|source| AgentConfigError::Malformed {
        agent: name.unwrap_or_else(|| format!("number {number}")),
        source,
    })
}

fn check(role: &AgentRole) -> Result<(), AgentConfigError> {
    let agent = || role.name.clone();
    if !is_name(&role.name) {
        return Err(AgentConfigError::BadName(agent()));
    }
    for (field, text) in [
        ("description", &role.description),
        ("instructions", &role.instructions),
    ] {
        if text.trim().is_empty() {
            return Err(AgentConfigError::Blank {
                agent: agent(),
                field,
            });
        }
    }
    let bytes = role.instructions.len();
    if bytes > MAX_INSTRUCTIONS_BYTES {
        return Err(AgentConfigError::LongInstructions {
            agent: agent(),
            bytes,
        });
    }
    check_limits(role)?;
    if let Some(value) = role.temperature.filter(|value| !(0.0..=2.0).contains(value)) {
        return Err(AgentConfigError::Temperature {
            agent: agent(),
            value: value.to_string(),
        });
    }
    let fallbacks = role.fallbacks.as_deref().unwrap_or_default();
    if fallbacks.len() > MAX_FALLBACKS {
        return Err(AgentConfigError::TooManyFallbacks(agent()));
    }
    if let Some(model) = std::iter::once(&role.model)
        .chain(fallbacks)
        .find(|model| !is_model(model))
    {
        return Err(AgentConfigError::BadModel {
            agent: agent(),
            model: model.clone(),
        });
    }
    let mut tools = HashSet::new();
    if let Some(tool) = role.tools.iter().find(|tool| !tools.insert(tool.as_str())) {
        return Err(AgentConfigError::RepeatedTool {
            agent: agent(),
            tool: tool.clone(),
        });
    }
    let is_stem = |stem: &str| !stem.trim().is_empty() && stem.to_lowercase() == stem;
    if let Some(keyword) = role.keywords.iter().find(|stem| !is_stem(stem)) {
        return Err(AgentConfigError::BadKeyword {
            agent: agent(),
            keyword: keyword.clone(),
        });
    }
    Ok(())
}

fn is_model(model: &str) -> bool {
    let named = model
        .split_once('/')
        .is_some_and(|(provider, model)| !provider.is_empty() && !model.is_empty());
    named || matches!(model, "default" | "offline")
}

fn check_limits(role: &AgentRole) -> Result<(), AgentConfigError> {
    let least_window = role.max_output_tokens.saturating_add(MIN_PROMPT_TOKENS);
    let limits = [
        ("max_turns", Some(role.max_turns), 1, MAX_TURNS),
        ("max_tool_calls", Some(role.max_tool_calls), 0, MAX_TOOL_CALLS),
        (
            "max_output_tokens",
            Some(role.max_output_tokens),
            1,
            MAX_OUTPUT_TOKENS,
        ),
        ("max_same_calls", Some(role.max_same_calls), 1, MAX_SAME_CALLS),
        (
            "context_tokens",
            role.context_tokens,
            least_window,
            MAX_CONTEXT_TOKENS,
        ),
        ("max_tokens", role.max_tokens, least_window, MAX_TOKENS),
        ("max_seconds", role.max_seconds, 1, MAX_SECONDS),
    ];
    for (field, value, least, most) in limits {
        if let Some(value) = value.filter(|value| !(least..=most).contains(value)) {
            return Err(AgentConfigError::OutOfRange {
                agent: role.name.clone(),
                field,
                value,
                least,
                most,
            });
        }
    }
    if role.max_cost_usd.is_some_and(|most| most <= NanoUsd::ZERO) {
        return Err(AgentConfigError::NoMoney(role.name.clone()));
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    letters
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= MAX_NAME_BYTES
        && !name.ends_with('_')
        && !name.contains("__")
}
