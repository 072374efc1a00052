//! Whether the other side is still there.

use std::time::Duration;

use serde_json::json;

use super::{
    EVENTS, still, submitted,
    wire::{Heard, Wire, address, second_way_in},
};
use crate::support::Stack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clients_ping_is_answered_with_what_it_carried() {
    let app = still(Stack::Sqlite).await;
    let mut wire = Wire::open(address(&app)).await;
    for is_acknowledged in [false, true] {
        if is_acknowledged {
            wire.introduce().await;
        }
        wire.send(json!({ "type": "ping" })).await;
        assert_eq!(wire.frame().await, json!({ "type": "pong" }));
        wire.send(json!({ "type": "ping", "payload": { "at": [1, "é"] } }))
            .await;
        assert_eq!(
            wire.frame().await,
            json!({ "type": "pong", "payload": { "at": [1, "é"] } })
        );
        wire.send(json!({ "type": "pong", "payload": {} })).await;
    }
    wire.subscribe("1", "{ viewer { tenantId } }", json!({})).await;
    assert_eq!(
        wire.next().await["viewer"]["tenantId"],
        "default",
        "an unasked pong does no harm"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_client_that_answers_pings_stays_connected() {
    let app = still(Stack::Sqlite).await;
    let id = submitted(&app).await;
    let (address, _guard) = second_way_in(&app, |settings| {
        settings.ping_interval = Duration::from_millis(100);
    })
    .await;
    let mut wire = Wire::acknowledged(address).await;
    wire.subscribe("1", EVENTS, json!({ "id": id })).await;
    wire.until("CaughtUp").await;
    // Reading is what answers: each was asked for in the time of a dead client's end.
    for _ in 0..10 {
        assert_eq!(wire.heard().await, Heard::Ping);
    }
    wire.send(json!({ "type": "ping" })).await;
    while wire.heard().await == Heard::Ping {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_not_there_any_more_is_given_up() {
    let app = still(Stack::Sqlite).await;
    let id = submitted(&app).await;
    let (address, _guard) = second_way_in(&app, |settings| {
        settings.ping_interval = Duration::from_millis(100);
    })
    .await;
    let mut wire = Wire::acknowledged(address).await;
    wire.subscribe("1", EVENTS, json!({ "id": id })).await;
    wire.until("CaughtUp").await;
    // A client that does nothing for two pings: what it would have answered, it answers too late.
    let others = Wire::acknowledged(address);
    let mut other = others.await;
    for _ in 0..5 {
        assert_eq!(other.heard().await, Heard::Ping);
    }
    assert_eq!(wire.closed().await, (1001, "pings are not answered".to_owned()));
}
