//! A subscription over `graphql-transport-ws` that may be cut at any moment.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(3);

/// A socket with one subscription.
pub(super) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What a socket brought.
pub(super) enum Incoming {
    Data(Value),
    /// The subscription is over and the socket still there.
    Complete,
    /// Refused with errors.
    Refused(Value),
    /// The connection is gone, or silent for too long.
    Gone,
}

impl Socket {
    /// Connects to an API and subscribes. None if nobody is there.
    pub(super) async fn subscribe(url: &str, query: &str, variables: &Value) -> Option<Self> {
        let connecting = async {
            let address = url.strip_prefix("http://")?;
            let mut request = format!("ws://{address}/graphql").into_client_request().ok()?;
            let protocol = "graphql-transport-ws".parse().ok()?;
            request.headers_mut().insert("sec-websocket-protocol", protocol);
            let (mut stream, _) = connect_async(request).await.ok()?;
            let init = json!({ "type": "connection_init" });
            stream.send(Message::text(init.to_string())).await.ok()?;
            let payload = json!({ "query": query, "variables": variables });
            let subscribe = json!({ "id": "1", "type": "subscribe", "payload": payload });
            loop {
                match stream.next().await?.ok()? {
                    Message::Text(text) if text.contains("connection_ack") => break,
                    Message::Close(_) => return None,
                    _ => {}
                }
            }
            stream.send(Message::text(subscribe.to_string())).await.ok()?;
            Some(Self(stream))
        };
        tokio::time::timeout(CONNECT, connecting).await.ok().flatten()
    }

    /// The next thing that comes. A silence of `patience` counts as gone.
    pub(super) async fn next(&mut self, patience: Duration) -> Incoming {
        loop {
            let Ok(Some(Ok(message))) = tokio::time::timeout(patience, self.0.next()).await else {
                return Incoming::Gone;
            };
            let Message::Text(text) = message else {
                if message.is_close() {
                    return Incoming::Gone;
                }
                continue;
            };
            let frame: Value = serde_json::from_str(&text).unwrap();
            match frame["type"].as_str() {
                Some("next") if frame["payload"].get("errors").is_none() => {
                    return Incoming::Data(frame["payload"]["data"].clone());
                }
                Some("next") => return Incoming::Refused(frame["payload"]["errors"].clone()),
                Some("error") => return Incoming::Refused(frame["payload"].clone()),
                Some("complete") => return Incoming::Complete,
                _ => {}
            }
        }
    }
}
