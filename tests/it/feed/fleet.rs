//! Several processes: what one does, the readers of another see at once; without Redis they see it a little later.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use agent_orchestrator::config::{Config, server::Roles};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{all, is_event, numbers, watch};
use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::{Process, Stack, TestApp, both_stacks},
};

/// What may lie between a change and its arrival: a second, and slack for a machine that does other things too.
pub(super) const SOON: i64 = 2_500;

const PLAN: &str = "Compare Postgres, MySQL and SQLite, then recommend one";

pub(super) fn api_only(config: &mut Config) {
    config.server.roles = Roles {
        api: true,
        worker: false,
    };
}

/// Nothing listens there.
fn no_redis(config: &mut Config) {
    config.redis.url = Some("redis://127.0.0.1:9".parse().unwrap());
}

/// Reads every event, each with its age in milliseconds when it came.
#[expect(
    clippy::disallowed_methods,
    reason = "how late an event is can only be told by the wall clock"
)]
async fn ages(app: &TestApp, id: &str) -> Vec<(Value, i64)> {
    let mut socket = watch(app, id, None, None).await;
    let (mut ages, mut live) = (Vec::new(), false);
    loop {
        let item = socket.next().await["taskEvents"].clone();
        let now = Utc::now();
        match item["__typename"].as_str() {
            Some("CaughtUp") => live = true,
            Some("Ended") => return ages,
            _ if live => {
                let at: DateTime<Utc> = item["at"].as_str().unwrap().parse().unwrap();
                ages.push((item, (now - at).num_milliseconds()));
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_another_process_arrive_at_once() {
    let app = TestApp::start_with(Stack::Postgres, api_only).await;
    let id = app.submit("ada", PLAN).await;
    let watched = watch(&app, &id, None, None).await;
    let ages = tokio::join!(ages(&app, &id), Process::beside(&app, "worker")).0;
    assert!(ages.len() > 10, "{ages:#?}");
    let late: Vec<_> = ages.iter().filter(|(_, age)| *age > SOON).collect();
    assert!(late.is_empty(), "{late:#?}");
    let items = all(watched).await;
    let last = items.last().unwrap();
    assert_eq!(
        (&last["__typename"], &last["status"]),
        (&json!("Ended"), &json!("COMPLETED"))
    );
    assert_eq!(
        numbers(&items).len(),
        items.iter().filter(|item| is_event(item)).count()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_of_another_process_are_seen_to_move() {
    let app = TestApp::start_with(Stack::Postgres, api_only).await;
    let id = app.submit("ada", PLAN).await;
    let mut socket = app.socket().await;
    let query = "subscription($id: ID!) { stepUpdates(taskId: $id) { key status } }";
    socket.subscribe("1", query, json!({ "id": id })).await;
    assert_eq!(
        socket.next().await["stepUpdates"],
        json!({ "key": "plan", "status": "READY" })
    );
    let _worker = Process::beside(&app, "worker").await;
    let updates: Vec<Value> = socket
        .rest()
        .await
        .into_iter()
        .map(|data| data["stepUpdates"].clone())
        .collect();
    for key in ["plan", "s1", "s2", "s3", "s4"] {
        let last = updates
            .iter()
            .rfind(|step| step["key"] == key)
            .unwrap_or_else(|| panic!("no {key}: {updates:#?}"));
        assert_eq!(last["status"], "COMPLETED", "{updates:#?}");
    }
}

/// A worker whose heartbeat comes too late to say anything.
async fn deaf_worker(app: &TestApp, server: &ScriptedServer) -> Process {
    let file = app.data_dir().join("deaf.toml");
    let engine = "[engine]\nlease_seconds = 3600\nheartbeat_seconds = 1700\n";
    std::fs::write(
        &file,
        format!("{engine}[redis]\nprefix = '{}'\n", app.redis_prefix()),
    )
    .unwrap();
    let env = BTreeMap::from([
        ("ORCHESTRATOR_CONFIG", file.display().to_string()),
        ("ORCHESTRATOR_ROLES", "worker".to_owned()),
        (
            "ORCHESTRATOR_DATA_DIR",
            app.data_dir().join("deaf").display().to_string(),
        ),
        ("DATABASE_URL", app.database_url().to_owned()),
        ("REDIS_URL", app.redis_url().unwrap().to_owned()),
        ("OPENAI_BASE_URL", server.base_url()),
    ]);
    Process::serve(app.data_dir(), env).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_reaches_the_worker_of_another_process() {
    let server = ScriptedServer::always(ScriptedAnswer::sse(&[]).hang()).await;
    let app = TestApp::start_with(Stack::Postgres, api_only).await;
    let _worker = deaf_worker(&app, &server).await;
    let id = app.submit("ada", "Write a poem.").await;
    server.received(1).await;
    let cancel = "mutation($id: ID!) { cancelTask(input: { id: $id }) { task { status } } }";
    let asked_at = Instant::now();
    assert_eq!(
        app.graphql(cancel, json!({ "id": id })).await.data()["cancelTask"]["task"]["status"],
        "RUNNING"
    );
    assert_eq!(app.finished(&id).await["status"], "CANCELLED");
    assert!(
        asked_at.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked_at.elapsed()
    );
}

both_stacks! {
    async fn everything_works_without_redis(stack: Stack) {
        let app = TestApp::start_with(stack, no_redis).await;
        let ready = app.client.get("/readyz").await;
        assert_eq!((ready.status, &ready.body["status"]), (200, &json!("degraded")));
        assert_eq!((&ready.body["database"], &ready.body["doorbell"]), (&json!("up"), &json!("down")));
        let asked_at = Instant::now();
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(app.submit("ada", "Write a poem.").await);
        }
        assert!(asked_at.elapsed() < Duration::from_secs(5), "{:?}", asked_at.elapsed());
        for id in ids {
            let items = all(watch(&app, &id, None, None).await).await;
            assert_eq!(items.last().unwrap()["status"], "COMPLETED");
            assert_eq!(numbers(&items), (1..=i64::try_from(numbers(&items).len()).unwrap()).collect::<Vec<_>>());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_without_redis_find_each_others_work_by_looking() {
    let app = TestApp::start_with(Stack::Postgres, |config| {
        api_only(config);
        no_redis(config);
    })
    .await;
    let _worker = Process::beside(&app, "worker").await;
    let id = app.submit("ada", "Write a poem.").await;
    let ages = ages(&app, &id).await;
    assert!(ages.iter().all(|(_, age)| *age < SOON), "{ages:#?}");
    assert_eq!(app.task(&id).await["status"], "COMPLETED");
}
