//! Steps that are written in another process.

use std::{collections::BTreeMap, time::Duration};

use super::reader::{PAUSE, POEM, early_and_late, stopped, words};
use crate::{
    feed::fleet::api_only,
    llm::scripted_server::ScriptedServer,
    support::{Process, Stack, TestApp},
};

/// A worker in a process of its own.
async fn worker(app: &TestApp, server: &ScriptedServer, redis_url: &str) -> Process {
    let file = app.data_dir().join("worker.toml");
    let text = format!(
        "[redis]\nprefix = '{}'\n[models.openai]\nbase_url = '{}'\nmodel = 'gpt-4o-mini'\n[engine]\nretry_base_ms = 50\nretry_max_ms = 100\n",
        app.redis_prefix(),
        server.base_url()
    );
    std::fs::write(&file, text).unwrap();
    let env = BTreeMap::from([
        ("ORCHESTRATOR_CONFIG", file.display().to_string()),
        ("ORCHESTRATOR_ROLES", "worker".to_owned()),
        (
            "ORCHESTRATOR_DATA_DIR",
            app.data_dir().join("worker").display().to_string(),
        ),
        ("DATABASE_URL", app.database_url().to_owned()),
        ("REDIS_URL", redis_url.to_owned()),
    ]);
    Process::serve(app.data_dir(), env).await
}

/// A step that another process writes is watched from here, whatever happens to Redis meanwhile.
pub(in crate::feed) async fn followed(app: &TestApp, redis_url: &str, sickness: impl AsyncFnOnce()) {
    let server = ScriptedServer::always(stopped(words(POEM, Duration::from_millis(250)))).await;
    let _worker = worker(app, &server, redis_url).await;
    let watched = async {
        early_and_late(app).await;
    };
    tokio::join!(watched, sickness());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_of_another_process_is_watched_through_redis() {
    let server = ScriptedServer::always(stopped(words(POEM, PAUSE))).await;
    let app = TestApp::start_with(Stack::Postgres, api_only).await;
    let _worker = worker(&app, &server, app.redis_url().unwrap()).await;
    let [early, _] = early_and_late(&app).await;
    // Drafts come once a second; the text takes four. More pieces than that can only have come as hints.
    assert!(early.chunks.len() > 12, "{:#?}", early.chunks);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_the_drafts_bring_the_text_a_little_later() {
    let server = ScriptedServer::always(stopped(words(POEM, Duration::from_millis(250)))).await;
    let app = TestApp::start_with(Stack::Postgres, |config| {
        api_only(config);
        config.redis.url = Some("redis://127.0.0.1:9".parse().unwrap());
    })
    .await;
    let _worker = worker(&app, &server, "redis://127.0.0.1:9").await;
    early_and_late(&app).await;
}
