//! `[[tools.mcp]]`: MCP servers whose tools agents may use. To add a setting: a field of [`McpConfig`] with its doc
//! sentence, its range in [`check`], and a line in `orchestrator.example.toml`.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::http::{default_timeout_ms, http_url_or_none};
use crate::config::{
    error::Invalid,
    secret::SecretUrl,
    template::{SecretTemplate, Unset},
};

/// The key of the list, as errors name it.
const KEY: &str = "tools.mcp";

/// Most servers.
const MAX_SERVERS: usize = 32;

/// Longest name of a server, in characters: the names of its tools begin with it, and have a bound of their own.
const MAX_NAME_CHARS: usize = 24;

/// Longest time one call may take: an hour.
const MAX_TIMEOUT_MS: u64 = 3_600_000;

/// One MCP server: a program of this machine, or a server on the network.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpConfig {
    /// What its tools' names begin with, as in `files__read`: `snake_case` without a double underscore.
    pub name: String,
    /// The program to start, spoken with over its standard input and output. Either this or `url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Arguments of the program. Default none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// The program's environment besides `PATH`. `${NAME}` in a value stands for that environment variable. Default none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, SecretTemplate>,
    /// Address of a server that speaks streamable HTTP. Either this or `command`.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "http_url_or_none"
    )]
    pub url: Option<SecretUrl>,
    /// Headers of every request to `url`. `${NAME}` in a value stands for that environment variable. Default none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SecretTemplate>,
    /// The file of the tools that are approved; `mcp-tools` shows and writes it.
    pub approved: PathBuf,
    /// How long a call may take, in milliseconds. Default 30000.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Agents that may use all of its approved tools, besides those whose own list names one. Default none.
    #[serde(default)]
    pub agents: Vec<String>,
}

/// Checks what can be checked of the servers without reaching them.
pub(super) fn check(servers: &[McpConfig]) -> Result<(), Invalid> {
    if servers.len() > MAX_SERVERS {
        return Err(Invalid::new(KEY, format!("at most {MAX_SERVERS} servers")));
    }
    for (at, server) in servers.iter().enumerate() {
        let name = &server.name;
        if !is_name(name) {
            let expected = format!(
                "`name` to be snake_case of 1 to {MAX_NAME_CHARS} characters without \"__\", not {name:?}"
            );
            return Err(Invalid::new(KEY, expected));
        }
        if servers[..at].iter().any(|other| other.name == *name) {
            return Err(Invalid::new(KEY, format!("one server named {name:?}, not two")));
        }
        if server.command.is_some() == server.url.is_some() {
            let expected = format!("{name:?} to have either a `command` or a `url`");
            return Err(Invalid::new(KEY, expected));
        }
        let misplaced = if server.command.is_some() {
            (!server.headers.is_empty()).then_some(("headers", "url"))
        } else {
            (!server.args.is_empty() || !server.env.is_empty()).then_some(("args and env", "command"))
        };
        if let Some((what, of)) = misplaced {
            let expected = format!("{name:?} to have `{what}` only with a `{of}`");
            return Err(Invalid::new(KEY, expected));
        }
        if !(1..=MAX_TIMEOUT_MS).contains(&server.timeout_ms) {
            let expected =
                format!("`timeout_ms` of {name:?} to be a whole number from 1 to {MAX_TIMEOUT_MS}");
            return Err(Invalid::new(KEY, expected));
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME_CHARS
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.contains("__")
        && !name.ends_with('_')
}

/// Puts the variables of the environment into headers and the programs' environments.
pub(super) fn resolve(servers: &mut [McpConfig], env: &BTreeMap<String, String>) -> Result<(), Invalid> {
    for server in servers {
        for (name, value) in server.headers.iter_mut().chain(&mut server.env) {
            value.resolve(env).map_err(|Unset(variable)| {
                let expected = format!(
                    "the environment variable {variable} to be set, for {name} of {:?}",
                    server.name
                );
                Invalid::new(KEY, expected)
            })?;
        }
    }
    Ok(())
}
