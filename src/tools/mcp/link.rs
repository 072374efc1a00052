//! One connection to a server: made when it is needed, shared by all calls, given up when a call was left without an
//! answer, and made anew for the next.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, CallToolResponse, MetaObject, RequestMetaObject, Tool},
    service::{ClientInitializeError, RunningService, ServiceError, serve_client_with_ct},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    McpServer, Reach, answer,
    approved::{ApprovedTool, Effect, MAX_TOOLS},
    http,
    peer::Peer,
    process::{self, Running},
};
use crate::{
    domain::causes::in_one_line,
    tools::{ToolContext, ToolError, text::shorten},
};

/// How long a server may take to start and to list its tools.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// How soon after a failed start the next is tried.
const PAUSE: Duration = Duration::from_secs(1);

/// Most characters of what a server says of a failure.
const MAX_MESSAGE_CHARS: usize = 500;

/// The shortest secret that is taken out of answers: what is shorter stands in texts by chance.
const MIN_SECRET_BYTES: usize = 6;

/// Why a server cannot be spoken with.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the MCP server {server} {why}")]
pub struct McpError {
    pub server: String,
    /// What went wrong, as the end of a sentence.
    pub why: String,
}

/// The way to one server.
pub(super) struct Link {
    server: McpServer,
    state: tokio::sync::Mutex<State>,
}

#[derive(Default)]
struct State {
    connection: Option<Arc<Connection>>,
    /// When the last start failed, and why.
    failed: Option<(Instant, McpError)>,
}

struct Connection {
    service: RunningService<RoleClient, Peer>,
    running: Option<Running>,
    /// What the server offers, by name: the digests of the definitions.
    offered: Mutex<BTreeMap<String, String>>,
    /// A call was left without an answer: the server may hang.
    is_suspect: AtomicBool,
}

/// Makes the connection suspect unless the call it guards came to an end.
struct Watched<'a> {
    connection: &'a Connection,
    has_ended: bool,
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.connection.is_suspect.store(true, Ordering::Relaxed);
        }
    }
}

impl Link {
    pub(super) fn new(server: McpServer) -> Self {
        Self {
            server,
            state: tokio::sync::Mutex::default(),
        }
    }

    /// Calls a tool, if it is still the one that was approved. Dropping the future gives the call up.
    pub(super) async fn call(
        &self,
        approved: &ApprovedTool,
        digest: &str,
        arguments: &Value,
        context: &ToolContext<'_>,
    ) -> Result<String, ToolError> {
        let nothing_sent = |error: McpError| ToolError::Failed(error.to_string());
        let connection = self.connection().await.map_err(nothing_sent)?;
        self.check(&connection, approved, digest).await?;
        connection.listen_again();
        let mut params = CallToolRequestParams::new(approved.name.clone());
        params.arguments = arguments.as_object().cloned();
        params.meta = Some(meta(context));
        let mut watched = Watched {
            connection: &connection,
            has_ended: false,
        };
        let answered = connection.service.call_tool_once(params).await;
        let result = match answered {
            Ok(CallToolResponse::Complete(result)) => answer::read(&result),
            Ok(CallToolResponse::InputRequired(_)) => Err(ToolError::Failed(
                "the tool asks for input of a person, which it cannot have here".to_owned(),
            )),
            Ok(_) => Err(ToolError::Unanswered(
                "the server began a task of its own instead of answering".to_owned(),
            )),
            Err(ServiceError::McpError(error)) => Err(ToolError::Failed(format!(
                "the server refused the call: {}",
                shorten(&error.message, MAX_MESSAGE_CHARS)
            ))),
            Err(error) => {
                // The next call gets a new connection.
                connection.is_suspect.store(true, Ordering::Relaxed);
                let why = shorten(&in_one_line(&error), MAX_MESSAGE_CHARS);
                Err(ToolError::Unanswered(format!(
                    "the MCP server {} did not answer: {why}",
                    self.server.name
                )))
            }
        };
        watched.has_ended = true;
        self.without_secrets(result)
    }

    /// What the server offers now.
    pub(super) async fn offered(&self) -> Result<Vec<ApprovedTool>, McpError> {
        let connection = self.connection().await?;
        let tools = self.list(&connection).await?;
        Ok(tools.iter().map(of).collect())
    }

    /// Refuses a tool that is not the one that was approved. Nothing was sent yet.
    async fn check(
        &self,
        connection: &Connection,
        approved: &ApprovedTool,
        digest: &str,
    ) -> Result<(), ToolError> {
        if connection
            .service
            .service()
            .has_changed
            .swap(false, Ordering::Relaxed)
        {
            let listed = self.list(connection).await;
            let tools = listed.map_err(|error| {
                // Asked again by the next call.
                connection
                    .service
                    .service()
                    .has_changed
                    .store(true, Ordering::Relaxed);
                ToolError::Failed(error.to_string())
            })?;
            *connection.lock_offered() = digests(&tools);
        }
        let server = &self.server.name;
        match connection.lock_offered().get(&approved.name) {
            Some(offered) if offered == digest => Ok(()),
            Some(_) => {
                tracing::warn!(mcp.server = %server, tool = %approved.name, "a tool has changed since it was approved");
                Err(ToolError::Failed(format!(
                    "the tool has changed since it was approved: an operator must look at it and approve it again \
                     (agent-orchestrator mcp-tools {server})"
                )))
            }
            None => Err(ToolError::Failed(format!(
                "the MCP server {server} does not offer the tool any more"
            ))),
        }
    }

    /// The connection there is, or a new one.
    async fn connection(&self) -> Result<Arc<Connection>, McpError> {
        let mut state = self.state.lock().await;
        if let Some(connection) = state.connection.take_if(|connection| !connection.is_good()) {
            tracing::info!(mcp.server = %self.server.name, "the connection is of no more use; making a new one");
            drop(connection);
        }
        if let Some(connection) = &state.connection {
            return Ok(Arc::clone(connection));
        }
        if let Some((when, error)) = &state.failed
            && when.elapsed() < PAUSE
        {
            return Err(error.clone());
        }
        let connected = tokio::time::timeout(START_TIMEOUT, self.connect())
            .await
            .unwrap_or_else(|_elapsed| Err(self.error(format!("was not ready within {START_TIMEOUT:?}"))));
        match connected {
            Ok(connection) => {
                let connection = Arc::new(connection);
                state.connection = Some(Arc::clone(&connection));
                state.failed = None;
                Ok(connection)
            }
            Err(error) => {
                state.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<Connection, McpError> {
        let leave = CancellationToken::new();
        let peer = Peer::new(leave.clone());
        let started = |error: ClientInitializeError| {
            let why = shorten(&in_one_line(&error), MAX_MESSAGE_CHARS);
            self.error(format!("did not greet as the protocol says: {why}"))
        };
        let (service, running) = match &self.server.reach {
            Reach::Process { command, args, env } => {
                let (running, transport) = process::start(&self.server.name, command, args, env)
                    .map_err(|error| self.error(format!("cannot be started as {command:?}: {error}")))?;
                let service = serve_client_with_ct(peer, transport, leave).await;
                (service.map_err(started)?, Some(running))
            }
            Reach::Http { url, headers } => {
                let transport = http::prepare(url, headers).map_err(|why| self.error(why))?;
                let service = serve_client_with_ct(peer, transport, leave).await;
                (service.map_err(started)?, None)
            }
        };
        let connection = Connection {
            service,
            running,
            offered: Mutex::default(),
            is_suspect: AtomicBool::new(false),
        };
        let tools = self.list(&connection).await?;
        *connection.lock_offered() = digests(&tools);
        Ok(connection)
    }

    async fn list(&self, connection: &Connection) -> Result<Vec<Tool>, McpError> {
        connection.listen_again();
        let listed = tokio::time::timeout(START_TIMEOUT, connection.service.list_all_tools()).await;
        let tools = match listed {
            Ok(Ok(tools)) => tools,
            Ok(Err(error)) => {
                let why = shorten(&in_one_line(&error), MAX_MESSAGE_CHARS);
                return Err(self.error(format!("did not list its tools: {why}")));
            }
            Err(_elapsed) => {
                connection.is_suspect.store(true, Ordering::Relaxed);
                return Err(self.error(format!("did not list its tools within {START_TIMEOUT:?}")));
            }
        };
        if tools.len() > MAX_TOOLS {
            return Err(self.error(format!(
                "offers {} tools; at most {MAX_TOOLS} are taken",
                tools.len()
            )));
        }
        Ok(tools)
    }

    fn error(&self, why: impl Into<String>) -> McpError {
        McpError {
            server: self.server.name.clone(),
            why: self.hide(&why.into()),
        }
    }

    fn hide(&self, text: &str) -> String {
        let long_enough = |secret: &&SecretString| secret.expose_secret().len() >= MIN_SECRET_BYTES;
        let secrets = self.server.secrets.iter().filter(long_enough);
        secrets.fold(text.to_owned(), |text, secret| {
            text.replace(secret.expose_secret(), "***")
        })
    }

    /// A server may echo what it was given.
    fn without_secrets(&self, result: Result<String, ToolError>) -> Result<String, ToolError> {
        match result {
            Ok(text) => Ok(self.hide(&text)),
            Err(ToolError::Failed(text)) => Err(ToolError::Failed(self.hide(&text))),
            Err(ToolError::Unanswered(text)) => Err(ToolError::Unanswered(self.hide(&text))),
            Err(error) => Err(error),
        }
    }
}

impl Connection {
    fn is_good(&self) -> bool {
        !self.is_suspect.load(Ordering::Relaxed)
            && !self.service.is_closed()
            && !self.service.is_transport_closed()
    }

    /// Lets the server speak anew.
    fn listen_again(&self) {
        self.service.service().listen_again();
        if let Some(running) = &self.running {
            running.listen_again();
        }
    }

    fn lock_offered(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.offered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digests(tools: &[Tool]) -> BTreeMap<String, String> {
    tools
        .iter()
        .map(|tool| (tool.name.to_string(), of(tool).digest()))
        .collect()
}

/// A tool as it would be approved. What the server hints of its effect is a proposal for the operator to judge.
fn of(tool: &Tool) -> ApprovedTool {
    let hints = tool.annotations.as_ref();
    let effect = if hints.is_some_and(|hints| hints.read_only_hint == Some(true)) {
        Effect::Pure
    } else if hints.is_some_and(|hints| hints.idempotent_hint == Some(true)) {
        Effect::Idempotent
    } else {
        Effect::AtMostOnce
    };
    ApprovedTool {
        name: tool.name.to_string(),
        description: tool
            .description
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        input_schema: tool.input_schema.as_ref().clone(),
        effect,
    }
}

/// What goes with a call: a server that can tell repeated calls by a key has it here.
fn meta(context: &ToolContext<'_>) -> RequestMetaObject {
    let told = json!({
        "idempotencyKey": context.idempotency_key,
        "taskId": context.task_id.to_string(),
        "stepId": context.step_id.to_string(),
    });
    let mut meta = MetaObject::default();
    if let Value::Object(told) = told {
        meta.0.extend(told);
    }
    RequestMetaObject(meta)
}
