//! Each close code, and what brings it about.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{
    EVENTS, still, submitted,
    wire::{Wire, address, second_way_in},
};
use crate::support::Stack;

const QUERY: &str = "{ viewer { tenantId } }";

fn text(text: impl Into<String>) -> Message {
    Message::text(text.into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_is_4400() {
    let app = still(Stack::Sqlite).await;
    let deep = format!("{}{}", "[".repeat(4_000), "]".repeat(4_000));
    let long_id = json!({ "type": "complete", "id": "x".repeat(300) }).to_string();
    let messages = [
        text(""),
        text("nonsense"),
        text("[]"),
        text("7"),
        text("{}"),
        text("{\"type\":7}"),
        text("{\"type\":\"dance\"}"),
        text(deep),
        text(json!({ "type": "y".repeat(2_000) }).to_string()),
        text(json!({ "type": "é".repeat(200) }).to_string()),
        text("{\"type\":\"connection_init\",\"payload\":7}"),
        text("{\"type\":\"ping\",\"payload\":\"hey\"}"),
        text("{\"type\":\"pong\",\"payload\":[]}"),
        text("{\"type\":\"subscribe\",\"payload\":{\"query\":\"{ viewer { tenantId } }\"}}"),
        text("{\"type\":\"subscribe\",\"id\":\"\",\"payload\":{\"query\":\"{ viewer { tenantId } }\"}}"),
        text("{\"type\":\"subscribe\",\"id\":7,\"payload\":{\"query\":\"{ viewer { tenantId } }\"}}"),
        text("{\"type\":\"subscribe\",\"id\":\"1\"}"),
        text("{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{}}"),
        text("{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{\"query\":7}}"),
        text("{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{\"query\":\"{ a }\",\"variables\":[]}}"),
        text("{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{\"query\":\"{ a }\",\"operationName\":1}}"),
        text("{\"type\":\"subscribe\",\"id\":\"1\",\"payload\":{\"query\":\"{ a }\",\"extensions\":\"\"}}"),
        text("{\"type\":\"complete\"}"),
        text(long_id),
        Message::binary(json!({ "type": "connection_init" }).to_string()),
    ];
    for message in messages {
        for is_acknowledged in [false, true] {
            let mut wire = Wire::open(address(&app)).await;
            if is_acknowledged {
                wire.introduce().await;
            }
            wire.send_message(message.clone()).await;
            let (code, reason) = wire.closed().await;
            assert_eq!(code, 4400, "{message:?}");
            assert!(!reason.is_empty(), "{message:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_before_the_acknowledgement_is_4401() {
    let app = still(Stack::Sqlite).await;
    let mut wire = Wire::open(address(&app)).await;
    wire.subscribe("1", QUERY, json!({})).await;
    assert_eq!(wire.closed().await, (4401, "Unauthorized".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_before_the_introduction_is_4408() {
    let app = still(Stack::Sqlite).await;
    let mut silent = Wire::open(address(&app)).await;
    let mut pinging = Wire::open(address(&app)).await;
    let mut introduced = Wire::acknowledged(address(&app)).await;
    pinging.send(json!({ "type": "ping" })).await;
    let timeout = (4408, "Connection initialisation timeout".to_owned());
    assert_eq!(silent.closed().await, timeout);
    assert_eq!(pinging.closed().await, timeout, "whatever else is said");
    introduced.subscribe("1", QUERY, json!({})).await;
    assert_eq!(introduced.next().await["viewer"]["tenantId"], "default");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_is_in_use_is_4409() {
    let app = still(Stack::Sqlite).await;
    let id = submitted(&app).await;
    for twice in ["watch".to_owned(), "ä".repeat(100)] {
        let mut wire = Wire::acknowledged(address(&app)).await;
        wire.subscribe(&twice, EVENTS, json!({ "id": id })).await;
        wire.until("CaughtUp").await;
        wire.subscribe(&twice, QUERY, json!({})).await;
        let (code, reason) = wire.closed().await;
        assert_eq!(code, 4409);
        assert!(
            reason.starts_with(&format!("Subscriber for {}", &twice[..4])),
            "{reason}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_introduction_is_4429() {
    let app = still(Stack::Sqlite).await;
    let mut wire = Wire::acknowledged(address(&app)).await;
    wire.send(json!({ "type": "connection_init", "payload": {} }))
        .await;
    assert_eq!(
        wire.closed().await,
        (4429, "Too many initialisation requests".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_is_1009() {
    let app = still(Stack::Sqlite).await;
    let sized = |size: usize| {
        let frame = json!({ "type": "ping", "payload": { "a": "" } }).to_string();
        text(frame.replace("\"\"", &format!("\"{}\"", "x".repeat(size - frame.len()))))
    };
    // Before the acknowledgement, then after it.
    let mut wire = Wire::open(address(&app)).await;
    wire.send_message(sized(8 * 1024)).await;
    assert_eq!(wire.frame().await["type"], "pong");
    wire.send_message(sized(8 * 1024 + 1)).await;
    assert_eq!(wire.closed().await.0, 1009);
    let mut wire = Wire::acknowledged(address(&app)).await;
    wire.send_message(sized(256 * 1024)).await;
    assert_eq!(wire.frame().await["type"], "pong");
    wire.send_message(sized(256 * 1024 + 1)).await;
    assert_eq!(wire.closed().await.0, 1009);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_that_are_not_introduced_are_few() {
    let app = still(Stack::Sqlite).await;
    let (address, _guard) = second_way_in(&app, |settings| settings.max_unacknowledged = 2).await;
    let mut first = Wire::open(address).await;
    let second = Wire::open(address).await;
    assert_eq!(Wire::try_open(address, None).await.err(), Some(503));
    // One that is acknowledged makes room, and so does one that leaves.
    first.introduce().await;
    let third = Wire::open(address).await;
    assert_eq!(Wire::try_open(address, None).await.err(), Some(503));
    drop((second, third));
    let mut refused = 0;
    while Wire::try_open(address, None).await.is_err() {
        refused += 1;
        assert!(refused < 1_000, "the places of those who left stay taken");
        tokio::task::yield_now().await;
    }
}
