//! A fault inside: the client gets an id, and the log has the cause under it.

use std::{
    io,
    sync::{Arc, Mutex},
};

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tracing_subscriber::{fmt, prelude::*};

use super::asking::still;
use crate::support::{Stack, TestApp};

/// What this thread logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The one line with the cause of the fault of a request.
    fn cause(&self, request_id: &str) -> Value {
        let lines = self.lines();
        let found: Vec<_> = lines
            .iter()
            .filter(|line| {
                line["message"] == "a request failed inside" && line["span"]["request.id"] == request_id
            })
            .collect();
        assert_eq!(found.len(), 1, "{request_id}: {lines:#?}");
        found[0].clone()
    }
}

/// A program that has lost a table.
async fn broken() -> TestApp {
    let app = still(Stack::Sqlite).await;
    let connection = app.connection().await;
    connection
        .execute_unprepared("ALTER TABLE memory RENAME TO mislaid")
        .await
        .unwrap();
    connection.close().await.unwrap();
    app
}

const QUERY: &str = "{ memories(filter: { userId: \"ada\" }) { nodes { id } } }";

// One thread: what is logged on it is what the program logs.
#[tokio::test]
async fn the_log_has_the_cause_under_the_id_the_client_got() {
    let log = Log::default();
    let writer = log.clone();
    let lines = fmt::layer()
        .with_writer(move || writer.clone())
        .json()
        .flatten_event(true);
    // With one subscriber, what other tests log first is never logged; with two, each is asked.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing_subscriber::registry().with(lines).set_default();
    let app = broken().await;

    let answer = app.graphql(QUERY, json!({})).await;
    assert_eq!(
        (answer.code(), answer.message()),
        ("INTERNAL_SERVER_ERROR", "internal error")
    );
    let id = answer.body["errors"][0]["extensions"]["requestId"]
        .as_str()
        .unwrap();
    let cause = log.cause(id)["error"].to_string();
    assert!(cause.contains("no such table"), "{cause}");
    assert!(
        !answer.body.to_string().contains("no such table"),
        "{:#}",
        answer.body
    );

    let mut socket = app.socket().await;
    socket.subscribe("1", QUERY, json!({})).await;
    let frame = socket.frame().await.unwrap().to_string();
    let frame: Value = serde_json::from_str(&frame).unwrap();
    let errors = frame["payload"]["errors"]
        .as_array()
        .or_else(|| frame["payload"].as_array());
    let id = errors.unwrap_or_else(|| panic!("{frame:#}"))[0]["extensions"]["requestId"]
        .as_str()
        .unwrap()
        .to_owned();
    log.cause(&id);
}
