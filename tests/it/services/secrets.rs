//! The provider's key is sent to the provider and seen nowhere else.

use std::{path::Path, process::Stdio, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::{Mutex, watch},
};

use super::{
    KEY, app_with,
    model::{calls, model, says},
};
use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::{Client, both_stacks},
};

/// A process that logs all it can, and what it has logged.
struct Talkative {
    child: Child,
    client: Client,
    log: Arc<Mutex<String>>,
}

impl Talkative {
    async fn start(folder: &Path, server: &ScriptedServer) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_agent-orchestrator"))
            .arg("serve")
            .current_dir(folder)
            .env_clear()
            .envs([
                ("OPENAI_API_KEY", KEY),
                ("OPENAI_BASE_URL", &server.base_url()),
                ("ORCHESTRATOR_LISTEN", "127.0.0.1:0"),
                ("RUST_LOG", "trace"),
                ("ORCHESTRATOR_LOG_FORMAT", "json"),
                ("ORCHESTRATOR_DATA_DIR", "data"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let (found, mut address) = watch::channel(String::new());
        let kept = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let parsed: Value = serde_json::from_str(&line).unwrap_or_default();
                if parsed["message"] == "ready" {
                    found.send_replace(parsed["address"].as_str().unwrap().to_owned());
                }
                let mut log = kept.lock().await;
                log.push_str(&line);
                log.push('\n');
            }
        });
        let ready = tokio::time::timeout(
            Duration::from_secs(30),
            address.wait_for(|address| !address.is_empty()),
        );
        let address = ready
            .await
            .expect("the process did not get ready")
            .unwrap()
            .clone();
        Self {
            child,
            client: Client::new(&format!("http://{address}")),
            log,
        }
    }

    /// Submits a task and waits for its end; returns all that can be asked about it.
    async fn task(&self, description: &str) -> Value {
        let submit = "mutation($input: SubmitTaskInput!) { submitTask(input: $input) { task { id } } }";
        let input = json!({ "input": { "userId": "ada", "description": description } });
        let data = self.client.graphql(submit, input).await.data();
        let id = data["submitTask"]["task"]["id"].clone();
        let query = "query($id: ID!) { task(id: $id) { status result error { code message } messages { content } \
            events(first: 100) { nodes { kind payload } } steps { output error { message } instructions \
            attempts { error { message } } toolCalls { arguments result error { message } } \
            llmCalls { answer error { code message } } } } agents { name instructions model } }";
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            let data = self.client.graphql(query, json!({ "id": id })).await.data();
            if matches!(data["task"]["status"].as_str(), Some("COMPLETED" | "FAILED")) {
                return data;
            }
            assert!(tokio::time::Instant::now() < deadline, "{data:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn holds_key(bytes: &[u8]) -> bool {
    bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes())
}

/// Files below a folder that hold the key.
fn files_with_key(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with_key(&path));
        } else if holds_key(&std::fs::read(&path).unwrap_or_default()) {
            found.push(path);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_is_in_no_log_no_answer_and_no_file() {
    let server = model(|asked| match asked.tool_results().len() {
        _ if asked.prompt().contains("broken") => {
            let message = format!("Incorrect API key provided: {KEY}. Bearer {KEY} is not known.");
            ScriptedAnswer::json(
                401,
                &json!({ "error": { "message": message, "code": "invalid_api_key" } }),
            )
        }
        0 => calls("calculator", &json!({ "expression": "1 + 1" })),
        _ => says("It is two, as far as I can tell."),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut process = Talkative::start(folder.path(), &server).await;
    let good = process.task("Analyze the requirements.").await;
    assert_eq!(good["task"]["status"], "COMPLETED", "{good:#}");
    let bad = process.task("Analyze the broken requirements.").await;
    assert_eq!(bad["task"]["status"], "FAILED", "{bad:#}");
    for answer in [&good, &bad] {
        assert!(!holds_key(answer.to_string().as_bytes()), "{answer:#}");
    }
    for path in ["/metrics", "/healthz", "/readyz", "/schema.graphql"] {
        let answer = process.client.get(path).await;
        assert!(!holds_key(answer.body.to_string().as_bytes()), "{path}");
    }
    process.child.kill().await.unwrap();
    let log = process.log.lock().await;
    assert!(
        log.contains("task accepted") && log.contains("\"level\":\"TRACE\""),
        "the log is not a full one"
    );
    let lines: Vec<&str> = log.lines().filter(|line| holds_key(line.as_bytes())).collect();
    assert!(lines.is_empty(), "{lines:#?}");
    assert_eq!(files_with_key(folder.path()), Vec::<std::path::PathBuf>::new());
    assert!(
        server
            .requests()
            .iter()
            .all(|asked| asked.headers["authorization"] == format!("Bearer {KEY}"))
    );
}

both_stacks! {
    async fn a_refused_key_fails_the_task_at_once_and_says_why(stack: Stack) {
        let server = model(|_| {
            let message = format!("Incorrect API key provided: {KEY}");
            ScriptedAnswer::json(401, &json!({ "error": { "message": message } }))
        })
        .await;
        let app = app_with(stack, &server).await;
        let id = app.submit("ada", "Analyze the requirements.").await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "FAILED");
        assert_eq!(task["steps"][1]["attempts"].as_array().unwrap().len(), 1, "{task:#}");
        let message = task["error"]["message"].as_str().unwrap();
        assert!(message.contains("credentials") && !message.contains(KEY), "{message}");
        assert!(!holds_key(task.to_string().as_bytes()), "{task:#}");
    }
}
