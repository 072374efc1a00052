//! `graphql-transport-ws` (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>): queries, mutations and
//! subscriptions on one socket.
//!
//! [`protocol`] has the messages and close codes, [`connection`] serves a socket and [`ending`] says goodbye,
//! [`operation`] starts what a socket asks for, [`shared`] executes equal subscriptions once, [`log`] holds their
//! results, [`joining`] says which may be shared, [`lagging`] tells slow readers from where to go on, and [`queue`] is
//! what a socket has to send of its own.

mod connection;
mod ending;
mod gauge;
mod joining;
mod lagging;
mod log;
mod operation;
mod protocol;
mod queue;
mod shared;

use std::{sync::Arc, time::Duration};

use axum::{
    extract::WebSocketUpgrade,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{HttpState, answer::refusal, executor::GuardedExecutor};
use crate::api::graphql::Code;
use shared::Shared;

/// The one protocol spoken. Its older namesake `graphql-ws` is not.
const PROTOCOL: &str = "graphql-transport-ws";

/// Sizes of a socket's buffers, in bytes. The one for reading is there all the time; the one for writing grows by one
/// message, however large, for the next is not taken before there is room.
const READ_BUFFER: usize = 4 * 1024;
const WRITE_BUFFER: usize = 8 * 1024;

/// How sockets are held.
#[derive(Clone, Debug)]
pub struct WebSocketSettings {
    /// How long a client may take to introduce itself.
    pub init_timeout: Duration,
    /// How often a client is asked whether it is still there.
    pub ping_interval: Duration,
    /// How many times in a row it may say nothing at all before it is given up.
    pub missed_pongs: u32,
    /// How long a client may take nothing of what is sent to it.
    pub stall_timeout: Duration,
    /// Most operations of one socket at a time.
    pub max_operations: usize,
    /// Most sockets of the process whose clients have not introduced themselves yet.
    pub max_unacknowledged: usize,
    /// Largest message before that, in bytes.
    pub max_first_message: usize,
    /// Largest message, in bytes.
    pub max_message: usize,
}

impl Default for WebSocketSettings {
    fn default() -> Self {
        Self {
            init_timeout: Duration::from_secs(5),
            ping_interval: Duration::from_secs(20),
            missed_pongs: 2,
            stall_timeout: Duration::from_secs(10),
            max_operations: 32,
            max_unacknowledged: 1_024,
            max_first_message: 8 * 1024,
            max_message: 256 * 1024,
        }
    }
}

/// The sockets of a process.
pub struct Sockets {
    settings: WebSocketSettings,
    executor: GuardedExecutor,
    request_timeout: Duration,
    shared: Arc<Shared>,
    unacknowledged: Arc<Semaphore>,
    stop: CancellationToken,
    open: TaskTracker,
}

impl Sockets {
    pub(super) fn new(
        settings: WebSocketSettings,
        executor: GuardedExecutor,
        request_timeout: Duration,
    ) -> Self {
        Self {
            unacknowledged: Arc::new(Semaphore::new(settings.max_unacknowledged)),
            settings,
            executor,
            request_timeout,
            shared: Arc::default(),
            stop: CancellationToken::new(),
            open: TaskTracker::new(),
        }
    }

    /// Asks every client to connect elsewhere, those that come from now on too, and waits until they have left.
    pub(super) async fn close(&self) {
        self.stop.cancel();
        self.open.close();
        self.open.wait().await;
    }
}

/// Takes a request over to a WebSocket.
pub(super) fn upgrade(state: &HttpState, parts: &Parts, upgrade: WebSocketUpgrade) -> Response {
    let offered = parts
        .headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok());
    if !offered
        .flat_map(|offered| offered.split(','))
        .any(|protocol| protocol.trim() == PROTOCOL)
    {
        let message = "offer the WebSocket protocol graphql-transport-ws";
        return refusal(StatusCode::BAD_REQUEST, Code::BadRequest, message);
    }
    if !is_same_origin(parts) {
        let message = "this origin may not open a WebSocket here";
        return refusal(StatusCode::FORBIDDEN, Code::BadRequest, message);
    }
    let sockets = Arc::clone(&state.sockets);
    let Ok(unacknowledged) = Arc::clone(&sockets.unacknowledged).try_acquire_owned() else {
        let message = "too many clients are connecting: try again in a moment";
        let mut response = refusal(StatusCode::SERVICE_UNAVAILABLE, Code::RateLimited, message);
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        return response;
    };
    let is_open = sockets.open.token();
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(sockets.settings.max_message)
        .max_frame_size(sockets.settings.max_message)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .on_upgrade(move |socket| async move {
            connection::serve(socket, sockets, unacknowledged).await;
            drop(is_open);
        })
}

/// Browsers name the page's origin, and WebSockets are open to every page: only this server's own may connect.
/// Other programs name none.
fn is_same_origin(parts: &Parts) -> bool {
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    match text(header::ORIGIN) {
        None => true,
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(header::HOST)
        }
    }
}
