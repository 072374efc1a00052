//! Agents and tools, as configured.

mod tool;

use async_graphql::{Context, Object, SimpleObject};

use super::{context::ContextExt, error::Error};
use crate::services::AgentRole;
pub(super) use tool::{Tool, ToolEffect};

/// A role that carries steps out.
#[derive(SimpleObject, Clone)]
pub(super) struct Agent {
    /// Unique name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The instructions it works under.
    pub instructions: String,
    /// The model it speaks with: `provider/model`, or `default`; `rules` for a planner that needs none.
    pub model: String,
    /// Names of the tools it may use.
    pub tools: Vec<String>,
}

impl From<&AgentRole> for Agent {
    fn from(role: &AgentRole) -> Self {
        Self {
            name: role.name.clone(),
            description: role.description.clone(),
            instructions: role.instructions.clone(),
            model: role.model.clone(),
            tools: role.tools.clone(),
        }
    }
}

impl Agent {
    /// The planner, which makes plans and takes no other steps. The offline model plans by rules.
    pub(super) fn planner(model: &str) -> Self {
        Self {
            name: "planner".to_owned(),
            description: "Turns a task's description into a graph of steps.".to_owned(),
            instructions: "Turn the description of the task into a graph of steps.".to_owned(),
            model: if model.starts_with("offline/") {
                "rules".to_owned()
            } else {
                model.to_owned()
            },
            tools: Vec::new(),
        }
    }

    /// An agent that is not configured any more, known by its name only.
    pub(super) fn retired(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: "This agent is not configured any more.".to_owned(),
            instructions: String::new(),
            model: "default".to_owned(),
            tools: Vec::new(),
        }
    }
}

#[derive(Default)]
pub(super) struct AgentQuery;

#[Object]
impl AgentQuery {
    /// The agents that can be given steps.
    async fn agents(&self, ctx: &Context<'_>) -> Result<Vec<Agent>, Error> {
        Ok(ctx.services()?.agents.all().iter().map(Agent::from).collect())
    }

    /// The registered tools.
    async fn tools(&self, ctx: &Context<'_>) -> Result<Vec<Tool>, Error> {
        Ok(ctx.services()?.tools.definitions().map(Tool::from).collect())
    }
}
