//! Stopping: soon, in order, and at once for those who insist.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde_json::json;

use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::Process,
};

const SUBMIT: &str =
    "mutation { submitTask(input: { userId: \"ada\", description: \"Write a poem.\" }) { task { id } } }";

/// A process whose only step hangs, asked for a poem; returns the task's id.
async fn busy(folder: &Path, server: &ScriptedServer, drain_seconds: u64) -> (Process, String) {
    std::fs::write(
        folder.join("orchestrator.toml"),
        format!("[server]\ndrain_seconds = {drain_seconds}\n"),
    )
    .unwrap();
    let process = Process::serve(folder, BTreeMap::from([("OPENAI_BASE_URL", server.base_url())])).await;
    let submitted = process.client.graphql(SUBMIT, json!({})).await.data();
    server.received(1).await;
    (
        process,
        submitted["submitTask"]["task"]["id"].as_str().unwrap().to_owned(),
    )
}

/// Waits until the process takes no more connections: it has heard the signal.
async fn closed(url: &str) {
    let address = url.strip_prefix("http://").unwrap();
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_signal_ends_an_idle_process_well() {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::serve(folder.path(), BTreeMap::new()).await;
        let started = std::time::Instant::now();
        process.signal(signal).await;
        assert_eq!(process.ended().await.code(), Some(0), "{signal}");
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{signal}: {:?}",
            started.elapsed()
        );
    }
}

#[tokio::test]
async fn work_that_outlasts_the_drain_is_given_back_and_done_by_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let server = ScriptedServer::start(vec![
        ScriptedAnswer::sse(&[]).hang(),
        ScriptedAnswer::chat("a poem", 9, 9),
    ])
    .await;
    let (process, id) = busy(folder.path(), &server, 1).await;
    let started = std::time::Instant::now();
    process.signal("TERM").await;
    assert_eq!(process.ended().await.code(), Some(0));
    assert!(
        started.elapsed() < Duration::from_secs(11),
        "{:?}",
        started.elapsed()
    );
    let next = Process::serve(
        folder.path(),
        BTreeMap::from([("OPENAI_BASE_URL", server.base_url())]),
    )
    .await;
    server.received(2).await;
    let task = super::crash::finished(&next.client, &id).await;
    assert_eq!(
        (&task["status"], &task["result"]),
        (&json!("COMPLETED"), &json!("a poem")),
        "{task:#}"
    );
    let outcomes: Vec<_> = task["steps"][1]["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| &attempt["outcome"])
        .collect();
    assert_eq!(outcomes, ["RELEASED", "COMPLETED"]);
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = ScriptedServer::always(ScriptedAnswer::sse(&[]).hang()).await;
    let (process, _) = busy(folder.path(), &server, 600).await;
    process.signal("TERM").await;
    closed(&process.url).await;
    process.signal("TERM").await;
    assert_eq!(process.ended().await.code(), Some(130));
}
