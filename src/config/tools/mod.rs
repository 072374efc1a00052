//! `[tools]`: what tools may reach, and the tools an operator adds. A tool that touches nothing outside needs no settings
//! and has none here.

mod http;
mod mcp;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::Invalid;
pub use http::{HttpToolConfig, HttpToolEffect};
pub use mcp::McpConfig;

/// Settings of tools, a table each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ToolsConfig {
    /// `[tools.web_fetch]`.
    pub web_fetch: WebFetchConfig,
    /// `[[tools.http]]`, once per tool. Default none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpToolConfig>,
    /// `[[tools.mcp]]`, once per server. Default none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mcp: Vec<McpConfig>,
}

/// `[tools.web_fetch]`: reading pages from the web. Everything is off by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebFetchConfig {
    /// Whether agents have the tool. Default `false`.
    pub enabled: bool,
    /// Host names that may be read, without scheme, port or path. Default none.
    pub allowed_hosts: Vec<String>,
    /// Whether `http://` is allowed besides `https://`. Default `false`.
    pub allow_http: bool,
    /// Whether loopback and private addresses may be reached; link-local ones never are. Default `false`.
    pub allow_private_addresses: bool,
    /// Ports that may be read besides 80 and 443. Default none.
    pub extra_ports: Vec<u16>,
}

impl ToolsConfig {
    /// Puts variables of the environment where `${NAME}` asks for them.
    pub(super) fn resolve(&mut self, env: &BTreeMap<String, String>) -> Result<(), Invalid> {
        http::resolve(&mut self.http, env)?;
        mcp::resolve(&mut self.mcp, env)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        http::check(&self.http)?;
        mcp::check(&self.mcp)?;
        let host_name = |host: &String| {
            !host.is_empty()
                && host
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '*' | '_'))
        };
        if self.web_fetch.allowed_hosts.iter().all(host_name) {
            return Ok(());
        }
        let expected = "host names without scheme, port or path, such as [\"example.com\"]";
        Err(Invalid::new("tools.web_fetch.allowed_hosts", expected))
    }
}
