//! The tools of a process, and the agents that may use them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use entity::enums::ToolEffect;
use secrecy::SecretString;

use crate::{
    agents::registry::AgentRegistry,
    config::{
        Config,
        template::SecretTemplate,
        tools::{HttpToolConfig, HttpToolEffect, McpConfig},
    },
    tools::{
        Tool, ToolDefinition,
        builtin::{builtin_tools, web_fetch::WebFetchSettings},
        http::{HttpTool, HttpToolSettings},
        mcp::{self, McpServer, Reach, approved::ApprovedTools},
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
    for server in &config.tools.mcp {
        let approved = approved(server)?;
        own.extend(mcp::tools(mcp_server(server), approved));
    }
    Ok(ToolRegistry::builder()
        .register_all(builtin)
        .register_all(own)
        .build()?)
}

fn approved(server: &McpConfig) -> anyhow::Result<ApprovedTools> {
    ApprovedTools::read(&server.approved).with_context(|| format!("tools.mcp: the server {:?}", server.name))
}

/// An MCP server, as it is configured.
pub(crate) fn mcp_server(server: &McpConfig) -> McpServer {
    let exposed = |values: &BTreeMap<String, SecretTemplate>| {
        values
            .iter()
            .map(|(name, value)| (name.clone(), SecretString::from(value.expose())))
            .collect()
    };
    let reach = match (&server.command, &server.url) {
        (None, Some(url)) => Reach::Http {
            url: url.expose().to_owned(),
            headers: exposed(&server.headers),
        },
        (command, _) => Reach::Process {
            command: command.clone().unwrap_or_default(),
            args: server.args.clone(),
            env: exposed(&server.env),
        },
    };
    McpServer {
        name: server.name.clone(),
        reach,
        timeout: Duration::from_millis(server.timeout_ms),
        secrets: server
            .headers
            .values()
            .chain(server.env.values())
            .flat_map(|value| value.secrets().iter().cloned())
            .collect(),
    }
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
    for server in &config.tools.mcp {
        let names: Vec<String> = approved(server)?
            .tools
            .iter()
            .map(|tool| tool.name_of(&server.name))
            .collect();
        for (agent, name) in server
            .agents
            .iter()
            .flat_map(|agent| names.iter().map(move |name| (agent, name)))
        {
            registry.grant(agent, name).context("tools.mcp")?;
        }
    }
    // The built-in roles may use it whether it is switched on or not.
    registry.validate_tools(|tool| tools.get(tool).is_some() || tool == WEB_FETCH)?;
    Ok(registry)
}
