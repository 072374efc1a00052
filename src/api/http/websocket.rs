//! `graphql-transport-ws` (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>), by async-graphql-axum.

use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::{
    extract::{FromRequestParts, WebSocketUpgrade},
    http::{StatusCode, header, request::Parts},
    response::Response,
};

use super::{HttpState, answer::refusal};
use crate::api::graphql::Code;

/// The one protocol spoken. Its older namesake `graphql-ws` is not.
const PROTOCOL: &str = "graphql-transport-ws";

/// Largest message a client may send, in bytes.
const MAX_MESSAGE: usize = 256 * 1024;

/// Takes a request over to a WebSocket.
pub(super) async fn upgrade(state: &HttpState, parts: &mut Parts, upgrade: WebSocketUpgrade) -> Response {
    let offered = parts.headers.get(header::SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
    if !offered.is_some_and(|offered| offered.split(',').any(|protocol| protocol.trim() == PROTOCOL)) {
        let message = "offer the WebSocket protocol graphql-transport-ws";
        return refusal(StatusCode::BAD_REQUEST, Code::BadRequest, message);
    }
    if !is_same_origin(parts) {
        let message = "this origin may not open a WebSocket here";
        return refusal(StatusCode::FORBIDDEN, Code::BadRequest, message);
    }
    // Whatever else is offered, the library must see only what it is to speak.
    parts.headers.insert(header::SEC_WEBSOCKET_PROTOCOL, header::HeaderValue::from_static(PROTOCOL));
    let Ok(protocol) = GraphQLProtocol::from_request_parts(parts, &()).await else {
        return refusal(StatusCode::BAD_REQUEST, Code::BadRequest, "the WebSocket protocol cannot be read");
    };
    let executor = state.executor.clone();
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .read_buffer_size(8 * 1024)
        .write_buffer_size(8 * 1024)
        .max_write_buffer_size(1024 * 1024)
        .on_upgrade(move |socket| GraphQLWebSocket::new(socket, executor, protocol).serve())
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
