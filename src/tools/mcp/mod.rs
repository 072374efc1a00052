//! Tools of MCP servers (Model Context Protocol, <https://modelcontextprotocol.io>), spoken with through `rmcp`.
//!
//! What an agent may use is fixed before a server says a word: an operator approves its tools once ([`approved`]), and
//! their names, descriptions and schemas come from that file. [`link`] keeps one connection to a server, made at the
//! first call, and compares what the server offers with what was approved; [`process`] and [`http`] are the ways to reach
//! one; [`peer`] is all this program does for a server; [`answer`] reads results. To add a way to reach servers: a file
//! beside [`process`] and a variant of [`Reach`].

mod answer;
pub mod approved;
mod http;
mod link;
mod peer;
mod process;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::Value;

use super::{Tool, ToolContext, ToolDefinition, ToolError};
use approved::{ApprovedTool, ApprovedTools};
use link::Link;
pub use link::McpError;

/// Stands between the name of a server and the name of its tool.
pub const SEPARATOR: &str = "__";

/// How to reach a server.
#[derive(Clone)]
pub enum Reach {
    /// A program of this machine, spoken with over its standard input and output.
    Process {
        command: String,
        args: Vec<String>,
        /// All of its environment besides `PATH`.
        env: Vec<(String, SecretString)>,
    },
    /// A server on the network (streamable HTTP).
    Http {
        /// Its path and query may hold secrets, so it is never shown.
        url: String,
        headers: Vec<(String, SecretString)>,
    },
}

/// One server.
#[derive(Clone)]
pub struct McpServer {
    /// In `snake_case`: what its tools' names begin with.
    pub name: String,
    pub reach: Reach,
    /// How long one call may take.
    pub timeout: Duration,
    /// Taken out of every text that comes back, should the server echo it.
    pub secrets: Vec<SecretString>,
}

/// The approved tools of a server, ready to be called. Nothing is started or sent yet.
pub fn tools(server: McpServer, approved: ApprovedTools) -> Vec<Arc<dyn Tool>> {
    let (prefix, timeout) = (server.name.clone(), server.timeout);
    let link = Arc::new(Link::new(server));
    let tool = |approved: ApprovedTool| -> Arc<dyn Tool> {
        Arc::new(McpTool {
            definition: ToolDefinition {
                name: approved.name_of(&prefix),
                description: approved.description.clone(),
                parameters: approved.parameters(),
                effect: approved.effect.into(),
                timeout,
            },
            digest: approved.digest(),
            approved,
            link: Arc::clone(&link),
        })
    };
    approved.tools.into_iter().map(tool).collect()
}

/// What a server offers now, approved or not. What it claims of the effects is for an operator to judge.
///
/// # Errors
///
/// [`McpError`] when it cannot be reached or does not speak the protocol.
pub async fn offered(server: McpServer) -> Result<Vec<ApprovedTool>, McpError> {
    Link::new(server).offered().await
}

struct McpTool {
    definition: ToolDefinition,
    approved: ApprovedTool,
    digest: String,
    link: Arc<Link>,
}

#[async_trait]
impl Tool for McpTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// Sent once: whether it may be sent again is for the engine to say.
    async fn run(&self, arguments: &Value, context: ToolContext<'_>) -> Result<String, ToolError> {
        self.link
            .call(&self.approved, &self.digest, arguments, &context)
            .await
    }
}
