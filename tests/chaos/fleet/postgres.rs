//! A Postgres cluster of the run's own, durable as in production, to be stopped as a power cut stops it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use super::ports::free_port;

/// A running cluster. Stopped when dropped.
pub struct OwnPostgres {
    pub port: u16,
    data: PathBuf,
    log: PathBuf,
    bin: PathBuf,
    user: Option<String>,
    /// One command at a time.
    commanded: tokio::sync::Mutex<()>,
}

fn service(name: &str) -> String {
    env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run the tests with `make test` or `make chaos`"))
}

impl OwnPostgres {
    /// Makes a cluster in `folder` and starts it.
    pub async fn start(folder: &Path) -> Self {
        fs::create_dir(folder).unwrap();
        let user = Some(service("TEST_SERVICES_USER")).filter(|user| !user.is_empty());
        if let Some(user) = &user {
            let owned = Command::new("chown")
                .arg(user)
                .arg(folder)
                .status()
                .await
                .unwrap();
            assert!(owned.success());
        }
        let postgres = Self {
            port: free_port(),
            data: folder.join("data"),
            log: folder.join("log"),
            bin: PathBuf::from(service("TEST_POSTGRES_BIN")),
            user,
            commanded: tokio::sync::Mutex::default(),
        };
        let data = postgres.data.display().to_string();
        postgres
            .run(
                "initdb",
                &[
                    "-D",
                    &data,
                    "-U",
                    "postgres",
                    "-A",
                    "trust",
                    "-E",
                    "UTF8",
                    "--locale=C",
                    "--no-sync",
                ],
            )
            .await;
        let sockets = folder.display();
        let options = format!(
            "-c listen_addresses=127.0.0.1 -p {} -c unix_socket_directories={sockets} -c max_connections=100 \
             -c shared_buffers=64MB -c fsync=on -c synchronous_commit=on",
            postgres.port
        );
        postgres.control(&["start", "-o", &options]).await;
        postgres
    }

    /// The database without a proxy before it.
    pub fn url(&self) -> String {
        Self::url_at(self.port)
    }

    /// The database as it is reached at a port.
    pub fn url_at(port: u16) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/postgres")
    }

    /// Ends the servers without a checkpoint, as a power cut would, and starts them again: what was committed comes back
    /// from the log.
    pub async fn crash(&self) {
        self.control(&["restart", "-m", "immediate"]).await;
    }

    /// Waits until what was begun is over: a crash brings the servers back by itself.
    pub async fn ensure_up(&self) {
        drop(self.commanded.lock().await);
    }

    async fn control(&self, arguments: &[&str]) {
        let _commanded = self.commanded.lock().await;
        let (data, log) = (self.data.display().to_string(), self.log.display().to_string());
        let common = ["-s", "-w", "-t", "60", "-D", &data, "-l", &log];
        self.run("pg_ctl", &[arguments, &common].concat()).await;
    }

    async fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::from(self.command(program, arguments));
        let status = command.status().await.unwrap();
        assert!(status.success(), "{program} {arguments:?}: {status}");
    }

    fn command(&self, program: &str, arguments: &[&str]) -> std::process::Command {
        let program = self.bin.join(program);
        let mut command = match &self.user {
            None => std::process::Command::new(program),
            Some(user) => {
                let mut command = std::process::Command::new("runuser");
                command.args(["-u", user, "--"]).arg(program);
                command
            }
        };
        command
            .args(arguments)
            .current_dir("/tmp")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        let data = self.data.display().to_string();
        let _ = self
            .command("pg_ctl", &["stop", "-s", "-w", "-m", "immediate", "-D", &data])
            .status();
    }
}
