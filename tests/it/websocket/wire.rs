//! A socket that shows everything, and a server with settings of its own.

use std::{net::SocketAddr, time::Duration};

use agent_orchestrator::api::{
    graphql,
    http::{self, HttpSettings, HttpState, WebSocketSettings},
};
use futures_util::{SinkExt, StreamExt};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::TestApp;

/// What comes next on a socket.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    Frame(Value),
    Ping,
    Close(u16, String),
    /// The end, without a close frame.
    Gone,
}

pub(super) struct Wire {
    stream: WebSocketStream<TcpStream>,
}

impl Wire {
    /// Connects, and says nothing.
    pub(super) async fn open(address: SocketAddr) -> Self {
        Self::try_open(address, None)
            .await
            .unwrap_or_else(|status| panic!("refused with {status}"))
    }

    /// Connects with a small buffer of its own, or answers the status that refused it.
    pub(super) async fn try_open(address: SocketAddr, receive_buffer: Option<u32>) -> Result<Self, u16> {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(size) = receive_buffer {
            socket.set_recv_buffer_size(size).unwrap();
        }
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        match client_async(request, socket.connect(address).await.unwrap()).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Connects and has the connection acknowledged.
    pub(super) async fn acknowledged(address: SocketAddr) -> Self {
        let mut wire = Self::open(address).await;
        wire.introduce().await;
        wire
    }

    pub(super) async fn introduce(&mut self) {
        self.send(json!({ "type": "connection_init" })).await;
        assert_eq!(
            self.heard().await,
            Heard::Frame(json!({ "type": "connection_ack" }))
        );
    }

    pub(super) async fn send(&mut self, frame: Value) {
        self.send_message(Message::text(frame.to_string())).await;
    }

    /// Sends while the server takes it; false once it has hung up.
    pub(super) async fn try_send(&mut self, frame: &Value) -> bool {
        self.stream.send(Message::text(frame.to_string())).await.is_ok()
    }

    pub(super) async fn send_message(&mut self, message: Message) {
        self.stream.send(message).await.unwrap();
    }

    pub(super) async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await;
    }

    pub(super) async fn heard(&mut self) -> Heard {
        let message = tokio::time::timeout(Duration::from_secs(30), self.stream.next()).await;
        match message.expect("nothing within 30 seconds") {
            Some(Ok(Message::Text(text))) => Heard::Frame(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(Some(close)))) => {
                Heard::Close(close.code.into(), close.reason.to_string())
            }
            Some(Ok(Message::Ping(_))) => Heard::Ping,
            Some(Ok(other)) => panic!("unexpected {other:?}"),
            Some(Err(_)) | None => Heard::Gone,
        }
    }

    pub(super) async fn frame(&mut self) -> Value {
        match self.heard().await {
            Heard::Frame(frame) => frame,
            other => panic!("no frame but {other:?}"),
        }
    }

    /// The data of the next frame, which must be a result.
    pub(super) async fn next(&mut self) -> Value {
        let frame = self.frame().await;
        assert_eq!(frame["type"], "next", "{frame:#}");
        assert!(frame["payload"].get("errors").is_none(), "{frame:#}");
        frame["payload"]["data"].clone()
    }

    /// Results up to and with the first whose item has this type.
    pub(super) async fn until(&mut self, item: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            all.push(self.next().await);
            if all
                .last()
                .is_some_and(|data| data["taskEvents"]["__typename"] == item)
            {
                return all;
            }
        }
    }

    /// Says goodbye.
    pub(super) async fn leave(&mut self) {
        self.stream.close(None).await.unwrap();
        while self.stream.next().await.is_some() {}
    }

    /// The code and reason of the close frame; what comes before it is passed over.
    pub(super) async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.heard().await {
                Heard::Close(code, reason) => {
                    assert!(reason.len() <= 123);
                    return (code, reason);
                }
                Heard::Gone => panic!("the connection ended without a close frame"),
                Heard::Frame(_) | Heard::Ping => {}
            }
        }
    }
}

/// Where an app listens.
pub(super) fn address(app: &TestApp) -> SocketAddr {
    app.url().strip_prefix("http://").unwrap().parse().unwrap()
}

/// A second way into an app, with settings of its own; it ends with the guard.
pub(super) async fn second_way_in(
    app: &TestApp,
    change: impl FnOnce(&mut WebSocketSettings),
) -> (SocketAddr, DropGuard) {
    let mut websocket = WebSocketSettings::default();
    change(&mut websocket);
    let settings = HttpSettings {
        max_body: 1024,
        request_timeout: Duration::from_secs(15),
        loopback_names_only: true,
        websocket,
    };
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let state = HttpState::new(
        app.services.clone(),
        graphql::schema().finish(),
        metrics,
        settings,
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
    let guard = stop.clone().drop_guard();
    tokio::spawn(async move {
        let (router, sockets) = (http::router(state.clone()), state.sockets);
        http::serve(listener, router, &sockets, stop, Duration::from_secs(5))
            .await
            .unwrap();
    });
    (address, guard)
}
