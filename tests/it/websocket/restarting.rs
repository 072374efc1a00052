//! The process stops: sockets are told so, and go on where they were.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{
    EVENTS, cancel, raise, seqs, still, submitted,
    wire::{Wire, address},
};
use crate::support::{Process, TestApp, both_stacks};

both_stacks! {
    async fn every_socket_is_closed_with_1012_and_resumes_by_its_cursor(stack: Stack) {
        let mut app = still(stack).await;
        let id = submitted(&app).await;
        let mut subscribed = Wire::acknowledged(address(&app)).await;
        subscribed.subscribe("1", EVENTS, json!({ "id": id })).await;
        let mut items = subscribed.until("CaughtUp").await;
        raise(&app, &id, 2).await;
        items.push(subscribed.next().await);
        let mut idle = Wire::acknowledged(address(&app)).await;
        let mut new = Wire::open(address(&app)).await;
        let down = app.shut_down();
        let closed = async { (subscribed.closed().await, idle.closed().await, new.closed().await) };
        let ((), (first, second, third)) = tokio::join!(down, closed);
        for (code, reason) in [first, second, third] {
            assert_eq!(code, 1012);
            assert!(reason.starts_with("server restarting"), "{reason}");
        }
        let app = app.restart().await;
        raise(&app, &id, 3).await;
        let cursor = items.last().unwrap()["taskEvents"]["cursor"].clone();
        let mut again = Wire::acknowledged(address(&app)).await;
        again.subscribe("1", EVENTS, json!({ "id": id, "after": cursor })).await;
        items.extend(again.until("CaughtUp").await);
        cancel(&app, &id).await;
        items.extend(again.until("Ended").await);
        let seqs = seqs(&items);
        assert_eq!((seqs[0], seqs.len() > 4), (1, true), "{seqs:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_does_not_wait_for_sockets_that_do_not_answer() {
    let mut app = TestApp::start_with(crate::support::Stack::Sqlite, |config| {
        config.server.drain_seconds = 1;
    })
    .await;
    // It never reads, so it never says goodbye.
    let silent = Wire::acknowledged(address(&app)).await;
    tokio::time::timeout(Duration::from_secs(10), app.shut_down())
        .await
        .expect("the process hangs");
    drop(silent);
}

/// Waits until the metrics of a process say this, line by line.
async fn shown(process: &Process, lines: &[&str]) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let metrics = process.client.get("/metrics").await.body;
        let metrics = metrics.as_str().unwrap();
        if lines
            .iter()
            .all(|line| metrics.lines().any(|found| found == *line))
        {
            return;
        }
        assert!(Instant::now() < deadline, "not all of {lines:?} in {metrics}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_see_sockets_operations_and_how_they_ended() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::serve(folder.path(), BTreeMap::new()).await;
    let address = process.url.strip_prefix("http://").unwrap().parse().unwrap();
    let mut wires = Vec::new();
    for _ in 0..3 {
        let mut wire = Wire::acknowledged(address).await;
        wire.subscribe("1", "subscription { taskUpdates { id } }", json!({}))
            .await;
        wire.subscribe("2", "subscription { taskUpdates { id status } }", json!({}))
            .await;
        wires.push(wire);
    }
    shown(&process, &["websocket_connections 3", "websocket_operations 6"]).await;
    let mut told = wires.pop().unwrap();
    told.send(json!({ "type": "connection_init" })).await;
    assert_eq!(told.closed().await.0, 4429);
    let mut polite = wires.pop().unwrap();
    polite.leave().await;
    // The last is gone without a word.
    drop(wires);
    let ends = ["1000", "1006", "4429"].map(|code| format!("websocket_closed_total{{code=\"{code}\"}} 1"));
    shown(&process, &ends.each_ref().map(String::as_str)).await;
    shown(&process, &["websocket_connections 0", "websocket_operations 0"]).await;
}
