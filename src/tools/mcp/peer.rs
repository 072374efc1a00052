//! All that this program does for a server: it answers pings, notes that tools have changed, refuses every other request,
//! and leaves a server that will not stop talking.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rmcp::{
    ErrorData, RoleClient, Service,
    model::{
        ClientCapabilities, ClientConfig, ClientResult, ErrorCode, Implementation, ServerNotification,
        ServerRequest,
    },
    service::{NotificationContext, RequestContext},
};
use tokio_util::sync::CancellationToken;

/// Notifications and requests of a server between two calls at most.
const MOST_SAID: u32 = 2_000;

/// This program, as one server sees it.
pub(super) struct Peer {
    /// Whether the server says that its tools have changed.
    pub(super) has_changed: AtomicBool,
    said: AtomicU32,
    /// Ends the connection.
    pub(super) leave: CancellationToken,
}

impl Peer {
    pub(super) fn new(leave: CancellationToken) -> Self {
        Self {
            has_changed: AtomicBool::new(false),
            said: AtomicU32::new(0),
            leave,
        }
    }

    /// Lets the server speak anew: a call begins.
    pub(super) fn listen_again(&self) {
        self.said.store(0, Ordering::Relaxed);
    }

    fn count(&self) {
        if self.said.fetch_add(1, Ordering::Relaxed) == MOST_SAID {
            tracing::warn!("an MCP server said more than {MOST_SAID} things nobody asked for; leaving it");
            self.leave.cancel();
        }
    }
}

impl Service<RoleClient> for Peer {
    async fn handle_request(
        &self,
        request: ServerRequest,
        _context: RequestContext<RoleClient>,
    ) -> Result<ClientResult, ErrorData> {
        self.count();
        match request {
            ServerRequest::PingRequest(_) => Ok(ClientResult::empty(())),
            // Its questions are not ours to answer: neither a person nor a model is lent to it.
            _ => Err(ErrorData::new(
                ErrorCode::METHOD_NOT_FOUND,
                "this client answers no requests",
                None,
            )),
        }
    }

    async fn handle_notification(
        &self,
        notification: ServerNotification,
        _context: NotificationContext<RoleClient>,
    ) -> Result<(), ErrorData> {
        self.count();
        if matches!(notification, ServerNotification::ToolListChangedNotification(_)) {
            self.has_changed.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn get_info(&self) -> ClientConfig {
        ClientConfig::new(
            ClientCapabilities::default(),
            Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
        )
    }
}
