//! Whatever a document says: it is answered, and the program lives on.

use std::time::{Duration, Instant};

use agent_orchestrator::api::http::guard;
use proptest::{
    collection::vec,
    prelude::{Strategy, any, prop_oneof},
    test_runner::{Config, TestRunner},
};
use serde_json::json;

use super::asking::{answers, coded, still};
use crate::support::Stack;

/// Far more than any document needs, even on a busy machine.
const QUICK: Duration = Duration::from_secs(20);

/// Pieces from which documents are put together that come far into the parser.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        ":",
        "!",
        "$",
        "@",
        "...",
        "=",
        "|",
        "&",
        "\"",
        "\"\"\"",
        "\\",
        "\\u",
        "\\ud800",
        "\\u0000",
        "#",
        "\n",
        "\r",
        ",",
        "query",
        "mutation",
        "subscription",
        "fragment",
        "on",
        "true",
        "null",
        "tasks",
        "task",
        "id",
        "nodes",
        "filter",
        "first",
        "Task",
        "a",
        "f",
        "-1",
        "1e9",
        "1e999999",
        "0.1",
        "99999999999999999999",
        "\u{feff}",
        "é",
        "😀",
        "\0",
        "__typename",
        "__schema",
        "include",
        "if",
        " on f ",
        "...f",
        "fragment f on Task{",
        "{tasks(first:1){nodes{",
    ];
    vec(
        prop_oneof![8 => (0..words.len()).prop_map(move |at| words[at].to_owned()), 1 => any::<String>()],
        0..60,
    )
    .prop_map(|parts| parts.concat())
}

fn cases(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    })
}

#[test]
fn any_document_passes_the_guard_or_is_refused() {
    let strategy = prop_oneof![pieces(), any::<String>()];
    let outcome = cases(4_000).run(&strategy, |document| {
        let start = Instant::now();
        let checked = guard::check(&document);
        assert!(start.elapsed() < QUICK, "{document:?}");
        if let Err(refused) = checked {
            assert!(!refused.message.is_empty());
        }
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_document_is_answered_and_the_server_lives() {
    let app = still(Stack::Sqlite).await;
    let (client, handle) = (app.client.clone(), tokio::runtime::Handle::current());
    let strategy = prop_oneof![pieces(), any::<String>()];
    let run = tokio::task::spawn_blocking(move || {
        cases(300).run(&strategy, |document| {
            let answer = handle.block_on(client.graphql(&document, json!({ "a": 1 })));
            if answer.body.get("errors").is_some() {
                assert_ne!(
                    coded(&answer),
                    "INTERNAL_SERVER_ERROR",
                    "{document:?}: {:#}",
                    answer.body
                );
            }
            Ok(())
        })
    });
    run.await.unwrap().unwrap();
    answers(&app).await;
}
