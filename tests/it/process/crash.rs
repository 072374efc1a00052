//! Power cuts: whoever is left finishes the work, and pays for no answer twice.

use std::{collections::BTreeMap, path::Path, time::Duration};

use agent_orchestrator::config::server::Roles;
use serde_json::{Value, json};

use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::{Client, Process, Stack, TestApp},
};

/// A step that uses a tool, dies in its second question, and is asked that question again.
async fn script() -> ScriptedServer {
    ScriptedServer::start(vec![
        ScriptedAnswer::tool_call("calculator", &json!({ "expression": "2 + 2" })),
        ScriptedAnswer::sse(&[]).hang(),
        ScriptedAnswer::chat("it is 4", 100, 10),
    ])
    .await
}

/// Waits for a task's end by asking again and again: its process may be gone in between.
pub(super) async fn finished(client: &Client, id: &str) -> Value {
    let query = "query($id: ID!) { task(id: $id) { status result cost { amount } knownCost { amount } steps { status \
        attempts { outcome workerId } toolCalls { status } llmCalls { status } } } }";
    let deadline = tokio::time::Instant::now() + Duration::from_secs(40);
    loop {
        let task = client.graphql(query, json!({ "id": id })).await.data()["task"].clone();
        if matches!(
            task["status"].as_str(),
            Some("COMPLETED" | "FAILED" | "CANCELLED")
        ) {
            return task;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "the task did not end: {task:#}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn is_done_without_paying_twice(task: &Value, server: &ScriptedServer) {
    assert_eq!(
        (&task["status"], &task["result"]),
        (&json!("COMPLETED"), &json!("it is 4")),
        "{task:#}"
    );
    assert_eq!(server.requests().len(), 3, "the first answer was bought again");
    let step = &task["steps"][1];
    let outcomes: Vec<_> = step["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| &attempt["outcome"])
        .collect();
    assert_eq!(outcomes, ["EXPIRED", "COMPLETED"], "{step:#}");
    assert_eq!(step["toolCalls"], json!([{ "status": "SUCCEEDED" }]));
    // Two answers of 100 and 10 tokens. What the call cost that was under way nobody knows: not zero, but null.
    assert_eq!(task["knownCost"]["amount"], "0.000042000", "{task:#}");
    assert_eq!(task["cost"], Value::Null, "{task:#}");
}

/// Settings under which a silent worker is missed soon.
fn short_lease(folder: &Path, prefix: &str) -> String {
    let file = folder.join("short-lease.toml");
    let text = format!("[engine]\nlease_seconds = 3\nheartbeat_seconds = 1\n[redis]\nprefix = '{prefix}'\n");
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_worker_finishes_what_a_killed_one_began() {
    let server = script().await;
    let app = TestApp::start_with(Stack::Postgres, |config| {
        config.server.roles = Roles {
            api: true,
            worker: false,
        }
    })
    .await;
    let env = BTreeMap::from([
        (
            "ORCHESTRATOR_CONFIG",
            short_lease(app.data_dir(), app.redis_prefix()),
        ),
        ("ORCHESTRATOR_ROLES", "worker".to_owned()),
        (
            "ORCHESTRATOR_DATA_DIR",
            app.data_dir().join("worker").display().to_string(),
        ),
        ("DATABASE_URL", app.database_url().to_owned()),
        ("REDIS_URL", app.redis_url().unwrap().to_owned()),
        ("OPENAI_BASE_URL", server.base_url()),
    ]);
    let victim = Process::serve(app.data_dir(), env.clone()).await;
    let id = app.submit("ada", "Calculate the sum.").await;
    server.received(2).await;
    let _heir = Process::serve(app.data_dir(), env).await;
    victim.kill().await;
    let task = finished(&app.client, &id).await;
    is_done_without_paying_twice(&task, &server);
    let workers = &task["steps"][1]["attempts"];
    assert_ne!(workers[0]["workerId"], workers[1]["workerId"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_process_goes_on_after_its_own_death() {
    let server = script().await;
    let folder = tempfile::tempdir().unwrap();
    let env = BTreeMap::from([
        ("ORCHESTRATOR_CONFIG", short_lease(folder.path(), "embedded")),
        ("OPENAI_BASE_URL", server.base_url()),
    ]);
    let process = Process::serve(folder.path(), env.clone()).await;
    let submit = "mutation { submitTask(input: { userId: \"ada\", description: \"Calculate the sum.\" }) { task { id } } }";
    let id = process.client.graphql(submit, json!({})).await.data()["submitTask"]["task"]["id"].clone();
    server.received(2).await;
    process.kill().await;
    let process = Process::serve(folder.path(), env).await;
    let task = finished(&process.client, id.as_str().unwrap()).await;
    is_done_without_paying_twice(&task, &server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_not_paid_for_twice() {
    let wrong = json!({ "summary": "", "steps": [] }).to_string();
    let right = json!({ "summary": "One step.", "steps": [
        { "key": "s1", "title": "Calculate", "instructions": "Calculate the sum.", "agent": "analyst" }] });
    let server = ScriptedServer::start(vec![
        ScriptedAnswer::chat(&wrong, 100, 10),
        ScriptedAnswer::sse(&[]).hang(),
        ScriptedAnswer::chat(&right.to_string(), 100, 10),
        ScriptedAnswer::chat("it is 4", 100, 10),
    ])
    .await;
    let folder = tempfile::tempdir().unwrap();
    let env = BTreeMap::from([
        ("ORCHESTRATOR_CONFIG", short_lease(folder.path(), "embedded")),
        ("ORCHESTRATOR_PLANNER_MODEL", "openai/gpt-4o-mini".to_owned()),
        ("OPENAI_BASE_URL", server.base_url()),
    ]);
    let process = Process::serve(folder.path(), env.clone()).await;
    let submit = "mutation { submitTask(input: { userId: \"ada\", description: \"Calculate the sum.\" }) { task { id } } }";
    let id = process.client.graphql(submit, json!({})).await.data()["submitTask"]["task"]["id"].clone();
    server.received(2).await;
    process.kill().await;
    let process = Process::serve(folder.path(), env).await;
    let task = finished(&process.client, id.as_str().unwrap()).await;
    assert_eq!(
        (&task["status"], &task["result"]),
        (&json!("COMPLETED"), &json!("it is 4")),
        "{task:#}"
    );
    let turns: Vec<_> = server
        .requests()
        .iter()
        .map(|asked| asked.body["messages"].as_array().unwrap().len())
        .collect();
    assert_eq!(turns, [2, 4, 4, 2], "the first answer was bought again");
    let outcomes: Vec<_> = task["steps"][0]["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["EXPIRED", "COMPLETED"]);
}
