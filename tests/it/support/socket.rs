//! `graphql-transport-ws`, as any client speaks it.

use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Connects and has the connection acknowledged.
    pub async fn connect(address: SocketAddr) -> Self {
        let mut request = format!("ws://{address}/graphql").into_client_request().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let (stream, response) = connect_async(request).await.unwrap();
        assert_eq!(
            response.headers()["sec-websocket-protocol"],
            "graphql-transport-ws"
        );
        let mut socket = Self { stream };
        socket.send(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.frame().await.unwrap()["type"], "connection_ack");
        socket
    }

    pub async fn send(&mut self, frame: Value) {
        self.stream.send(Message::text(frame.to_string())).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await;
    }

    /// The next frame; None once the server has closed.
    pub async fn frame(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(Duration::from_secs(30), self.stream.next()).await;
            match message.expect("no frame within 30 seconds")? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The data of the next frame, which must be a result.
    pub async fn next(&mut self) -> Value {
        let frame = self.frame().await.expect("the server closed");
        assert_eq!(frame["type"], "next", "{frame:#}");
        assert!(frame["payload"].get("errors").is_none(), "{frame:#}");
        frame["payload"]["data"].clone()
    }

    /// The data of every result until the operation is complete.
    pub async fn rest(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let frame = self.frame().await.expect("the server closed");
            match frame["type"].as_str() {
                Some("next") => all.push(frame["payload"]["data"].clone()),
                Some("complete") => return all,
                _ => panic!("unexpected frame {frame:#}"),
            }
        }
    }
}
