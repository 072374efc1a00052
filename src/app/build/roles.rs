//! The tools of a process, and the agents that may use them.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, bail};
use entity::enums::ToolEffect;
use secrecy::SecretString;

use crate::{
    agents::registry::AgentRegistry,
    config::{
        Config,
        tools::{HttpToolConfig, HttpToolEffect},
    },
    tools::{
        Tool, ToolDefinition,
        builtin::{builtin_tools, web_fetch::WebFetchSettings},
        http::{HttpTool, HttpToolSettings},
        registry::ToolRegistry,
    },
};

/// The built-in tool that is there only when it is switched on.
const WEB_FETCH: &str = "web_fetch";

/// The built-in tools, and those of the operator.
pub(super) fn tool_registry(config: &Config) -> anyhow::Result<ToolRegistry> {
    let web = &config.tools.web_fetch;
    let settings = if web.enabled {
        let hosts: Result<_, _> = web.allowed_hosts.iter().map(|host| host.parse()).collect();
        Some(WebFetchSettings {
            allowed_hosts: hosts.context("tools.web_fetch.allowed_hosts")?,
            allow_http: web.allow_http,
            allow_private_addresses: web.allow_private_addresses,
            extra_ports: web.extra_ports.clone(),
            ..WebFetchSettings::default()
        })
    } else {
        None
    };
    let builtin = builtin_tools(settings);
    let mut own: Vec<Arc<dyn Tool>> = Vec::new();
    for tool in &config.tools.http {
        let is_builtin = |known: &Arc<dyn Tool>| known.definition().name == tool.name;
        if tool.name == WEB_FETCH || builtin.iter().any(is_builtin) {
            bail!("tools.http: {:?} is the name of a built-in tool", tool.name);
        }
        let made = HttpTool::new(http_tool(tool));
        own.push(Arc::new(
            made.with_context(|| format!("tools.http: the tool {:?}", tool.name))?,
        ));
    }
    Ok(ToolRegistry::builder()
        .register_all(builtin)
        .register_all(own)
        .build()?)
}

fn http_tool(tool: &HttpToolConfig) -> HttpToolSettings {
    let headers = tool.headers.iter();
    HttpToolSettings {
        definition: ToolDefinition {
            name: tool.name.clone(),
            description: tool.description.clone(),
            parameters: tool.parameters.clone(),
            effect: match tool.effect {
                HttpToolEffect::Pure => ToolEffect::Pure,
                HttpToolEffect::Idempotent => ToolEffect::Idempotent,
                HttpToolEffect::AtMostOnce => ToolEffect::AtMostOnce,
            },
            timeout: Duration::from_millis(tool.timeout_ms),
        },
        url: tool.url.expose().to_owned(),
        headers: headers
            .map(|(name, value)| (name.clone(), SecretString::from(value.expose())))
            .collect(),
        secrets: tool
            .headers
            .values()
            .flat_map(|value| value.secrets().iter().cloned())
            .collect(),
    }
}

/// The agents, each with the tools its own list names and those that name it.
pub(super) fn agent_registry(config: &Config, tools: &ToolRegistry) -> anyhow::Result<AgentRegistry> {
    let mut registry = match &config.agents.file {
        None => AgentRegistry::builtin()?,
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the agents {}", path.display()))?;
            AgentRegistry::parse(&text).with_context(|| format!("in the agents {}", path.display()))?
        }
    };
    for tool in &config.tools.http {
        for agent in &tool.agents {
            registry.grant(agent, &tool.name).context("tools.http")?;
        }
    }
    // The built-in roles may use it whether it is switched on or not.
    registry.validate_tools(|tool| tools.get(tool).is_some() || tool == WEB_FETCH)?;
    Ok(registry)
}
