//! The real program as an API process of its own, and sockets that subscribe to it.

use std::{collections::BTreeMap, net::SocketAddr, process::Stdio, time::Duration};

use anyhow::{Context, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::database;

/// A running `agent-orchestrator serve` with the `api` role only. Killed when dropped.
pub(crate) struct Api {
    child: Child,
    pub(crate) address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Api {
    pub(crate) async fn start(database_url: &str, redis_prefix: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("orchestrator.toml");
        std::fs::write(&file, format!("[redis]\nprefix = \"{redis_prefix}\"\n"))?;
        let env = BTreeMap::from([
            ("ORCHESTRATOR_CONFIG", file.display().to_string()),
            ("ORCHESTRATOR_ROLES", "api".to_owned()),
            ("ORCHESTRATOR_LISTEN", "127.0.0.1:0".to_owned()),
            ("ORCHESTRATOR_LOG_FORMAT", "json".to_owned()),
            (
                "ORCHESTRATOR_DATA_DIR",
                folder.path().join("data").display().to_string(),
            ),
            ("DATABASE_URL", database_url.to_owned()),
            ("REDIS_URL", database::service("TEST_REDIS_URL")?),
        ]);
        let mut child = Command::new(env!("CARGO_BIN_EXE_agent-orchestrator"))
            .arg("serve")
            .current_dir(folder.path())
            .env_clear()
            .envs(env)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stderr.take().context("no log")?).lines();
        let mut log = String::new();
        let address = loop {
            let line = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await??;
            let Some(line) = line else {
                bail!("the API ended:\n{log}")
            };
            let parsed: Value = serde_json::from_str(&line).unwrap_or_default();
            if parsed["message"] == "ready" {
                break parsed["address"].as_str().context("no address")?.parse()?;
            }
            log.push_str(&line);
            log.push('\n');
        };
        // Read on, or the process would stop at a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self {
            child,
            address,
            _folder: folder,
        })
    }

    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the API has ended")
    }

    /// The data of a mutation or query.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> anyhow::Result<Value> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let mut stream = TcpStream::connect(self.address).await?;
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let begin = answer.find('{').context("no JSON in the answer")?;
        let end = answer.rfind('}').context("no JSON in the answer")?;
        let mut parsed: Value = serde_json::from_str(&answer[begin..=end])?;
        ensure!(parsed["errors"].is_null(), "{parsed}");
        Ok(parsed["data"].take())
    }

    /// Submits a task of `user` and returns its id.
    pub(crate) async fn submit(&self, user: &str) -> anyhow::Result<String> {
        let input = json!({ "userId": user, "description": "Write a poem about rivers.", "budget": { "amount": "1", "currency": "USD" } });
        let submit = "mutation($input: SubmitTaskInput!) { submitTask(input: $input) { task { id } userErrors { message } } }";
        let mut data = self.ask(submit, json!({ "input": input })).await?;
        match data["submitTask"]["task"]["id"].take() {
            Value::String(id) => Ok(id),
            _ => bail!("not accepted: {data}"),
        }
    }
}

/// One subscribed socket.
pub(crate) struct Subscriber {
    pub(crate) stream: WebSocketStream<TcpStream>,
}

impl Subscriber {
    /// Connects and subscribes to the events of a task.
    pub(crate) async fn open(address: SocketAddr, task: &str) -> anyhow::Result<Self> {
        let mut request = format!("ws://{address}/graphql").into_client_request()?;
        request
            .headers_mut()
            .insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
        let (mut stream, _) = client_async(request, TcpStream::connect(address).await?).await?;
        stream
            .send(Message::text(r#"{"type":"connection_init"}"#))
            .await?;
        let acknowledged = stream.next().await.context("closed")??;
        ensure!(
            acknowledged.to_text()?.contains("connection_ack"),
            "{acknowledged}"
        );
        let query =
            "subscription($id: ID!) { taskEvents(taskId: $id) { __typename ... on TaskEvent { seq kind } } }";
        let payload = json!({ "query": query, "variables": { "id": task } });
        let subscribe = json!({ "id": "1", "type": "subscribe", "payload": payload });
        stream.send(Message::text(subscribe.to_string())).await?;
        Ok(Self { stream })
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> anyhow::Result<String> {
        loop {
            match self.stream.next().await.context("closed")?? {
                Message::Text(text) => return Ok(text.to_string()),
                Message::Close(frame) => bail!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// Reads until the server says that all past events were sent.
    pub(crate) async fn caught_up(&mut self) -> anyhow::Result<()> {
        while !self.frame().await?.contains("CaughtUp") {}
        Ok(())
    }
}
