//! The real binary, as an operator starts it.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{ExitStatus, Output, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::{Client, TestApp};

/// A running `agent-orchestrator serve`. Killed when dropped.
pub struct Process {
    child: Child,
    pub client: Client,
    pub url: String,
}

/// The binary with an empty environment but for what is given.
pub fn command(folder: &Path, env: &BTreeMap<&str, String>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent-orchestrator"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default());
    command
        .envs(env)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

impl Process {
    /// Starts a process and waits until it says that it is ready.
    pub async fn serve(folder: &Path, env: BTreeMap<&str, String>) -> Self {
        let mut env = env;
        env.entry("ORCHESTRATOR_LISTEN")
            .or_insert_with(|| "127.0.0.1:0".to_owned());
        env.entry("ORCHESTRATOR_PLANNER_MODEL")
            .or_insert_with(|| "offline/offline-1".to_owned());
        env.entry("ORCHESTRATOR_LOG_FORMAT")
            .or_insert_with(|| "json".to_owned());
        let mut child = command(folder, &env, &["serve"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = String::new();
        let address = loop {
            let line = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await;
            let line = line.expect("the process did not get ready").unwrap();
            let line = line.unwrap_or_else(|| panic!("the process ended:\n{log}"));
            let parsed: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            if parsed["message"] == "ready" {
                break parsed["address"].as_str().unwrap().to_owned();
            }
            log.push_str(&line);
            log.push('\n');
        };
        // Keep reading, or the process would stop at a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let url = format!("http://{address}");
        Self {
            child,
            client: Client::new(&url),
            url,
        }
    }

    /// Another process on the data of an app that runs on Postgres.
    pub async fn beside(app: &TestApp, roles: &str) -> Self {
        let redis = app.redis_url().expect("an app on Postgres and Redis");
        Self::beside_on(app, roles, redis).await
    }

    /// The same, on a Redis of the test's own.
    pub async fn beside_on(app: &TestApp, roles: &str, redis_url: &str) -> Self {
        let config = format!(
            "[redis]\nprefix = \"{}\"\ntimeout_ms = {}\n",
            app.redis_prefix(),
            app.config.redis.timeout_ms
        );
        let file = app
            .data_dir()
            .join(format!("beside-{}.toml", uuid::Uuid::now_v7().simple()));
        std::fs::write(&file, config).unwrap();
        let env = BTreeMap::from([
            ("ORCHESTRATOR_CONFIG", file.display().to_string()),
            ("ORCHESTRATOR_ROLES", roles.to_owned()),
            (
                "ORCHESTRATOR_DATA_DIR",
                app.data_dir().join("beside").display().to_string(),
            ),
            ("DATABASE_URL", app.database_url().to_owned()),
            ("REDIS_URL", redis_url.to_owned()),
        ]);
        Self::serve(app.data_dir(), env).await
    }

    pub fn id(&self) -> u32 {
        self.child.id().expect("the process has ended")
    }

    /// Ends the process as a power cut would.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends a signal by its name, for instance `TERM`.
    pub async fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.id())])
            .status()
            .await
            .unwrap();
        assert!(sent.success(), "{name} could not be sent");
    }

    /// Waits for the end.
    pub async fn ended(mut self) -> ExitStatus {
        let ended = tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await;
        ended.expect("the process does not end").unwrap()
    }

    /// Runs a command to its end.
    pub async fn run(folder: &Path, env: &BTreeMap<&str, String>, arguments: &[&str]) -> Output {
        let run = command(folder, env, arguments).output();
        tokio::time::timeout(Duration::from_secs(30), run)
            .await
            .expect("the command did not end")
            .unwrap()
    }
}
