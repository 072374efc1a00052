//! One process of the fleet: started, killed, frozen and started again under the same name, address and proxies.

use std::{
    fs::{File, OpenOptions},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use super::{OwnPostgres, OwnRedis, config, ports::free_port};
use crate::{
    outside::Outside,
    proxy::{Mode, Protocol, Proxy},
};

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roles {
    Api,
    Worker,
    Both,
}

impl Roles {
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Both => "api,worker",
        }
    }
}

/// A process that may be running. Killed when dropped.
pub struct Member {
    pub name: String,
    pub roles: Roles,
    pub port: u16,
    /// Its way to the database.
    pub postgres: Proxy,
    /// Its way to Redis.
    pub redis: Proxy,
    folder: PathBuf,
    config: PathBuf,
    model: String,
    child: Mutex<Option<Child>>,
    /// How often it was started.
    lives: AtomicU32,
    /// Not started again.
    retired: AtomicBool,
    http: reqwest::Client,
}

impl Member {
    /// Everything but the process itself.
    pub async fn prepare(
        folder: &Path,
        name: &str,
        roles: Roles,
        postgres: &OwnPostgres,
        redis: &OwnRedis,
        outside: &Outside,
    ) -> Arc<Self> {
        let folder = folder.join(name);
        std::fs::create_dir(&folder).unwrap();
        let address = outside.address(name);
        Arc::new(Self {
            name: name.to_owned(),
            roles,
            port: free_port(),
            postgres: Proxy::start(postgres.port, Protocol::Postgres).await,
            redis: Proxy::start(redis.port, Protocol::Opaque).await,
            config: config::write(&folder, &address),
            folder,
            model: format!("{address}/v1"),
            child: Mutex::default(),
            lives: AtomicU32::new(0),
            retired: AtomicBool::new(false),
            http: crate::load::http_client(Duration::from_secs(2)),
        })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn log_path(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// The last lines it wrote, over all its lives.
    pub fn log_tail(&self, lines: usize) -> String {
        let log = self.log();
        let all: Vec<&str> = log.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// Everything it wrote, over all its lives.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_path()).unwrap_or_default()).into_owned()
    }

    /// Starts the process if it is not running.
    pub fn start(&self) {
        let mut child = self.child.lock().unwrap();
        if child.is_some() || self.retired.load(Ordering::SeqCst) {
            return;
        }
        let log: File = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_path())
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_agent-orchestrator"));
        command
            .arg("serve")
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("OMP_NUM_THREADS", "1")
            .env("ORCHESTRATOR_CONFIG", &self.config)
            .env("ORCHESTRATOR_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("ORCHESTRATOR_ROLES", self.roles.name())
            .env("ORCHESTRATOR_DATA_DIR", self.folder.join("data"))
            .env("ORCHESTRATOR_LOG_FORMAT", "json")
            .env("ORCHESTRATOR_AGENTS_FILE", self.folder.join("agents.toml"))
            .env("DATABASE_URL", OwnPostgres::url_at(self.postgres.port))
            .env("REDIS_URL", OwnRedis::url_at(self.redis.port))
            .env("OPENAI_BASE_URL", &self.model)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::from(log));
        *child = Some(command.spawn().unwrap());
        self.lives.fetch_add(1, Ordering::SeqCst);
    }

    /// Which of its lives this is: 1 for the first.
    pub fn life(&self) -> u32 {
        self.lives.load(Ordering::SeqCst)
    }

    /// Ends the process as a power cut would, at once. It is started again by the fleet.
    pub fn kill(&self) {
        if let Some(child) = self.child.lock().unwrap().as_mut() {
            let _ = child.kill();
        }
    }

    /// Sends a signal by its name, if the process runs.
    pub async fn signal(&self, name: &str) {
        let id = self.child.lock().unwrap().as_ref().map(Child::id);
        if let Some(id) = id {
            let _ = tokio::process::Command::new("kill")
                .args([format!("-{name}"), id.to_string()])
                .stderr(Stdio::null())
                .status()
                .await;
        }
    }

    /// How the process ended, told once after it did.
    pub fn ended(&self) -> Option<String> {
        let mut child = self.child.lock().unwrap();
        let status = child.as_mut()?.try_wait().ok()??;
        *child = None;
        Some(match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "unknown".to_owned(),
        })
    }

    /// Whether it answers that it is ready.
    pub async fn is_ready(&self) -> bool {
        let answer = self.http.get(format!("{}/readyz", self.url())).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Ends what was done to its connections, and wakes it.
    pub fn heal(&self) {
        self.postgres.disarm();
        self.postgres.set(Mode::Pass);
        self.redis.set(Mode::Pass);
        let id = self.child.lock().unwrap().as_ref().map(Child::id);
        if let Some(id) = id {
            let _ = Command::new("kill")
                .args(["-CONT", &id.to_string()])
                .stderr(Stdio::null())
                .status();
        }
    }

    /// Ends it for good.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::SeqCst);
        if let Some(mut child) = self.child.lock().unwrap().take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.retire();
    }
}
