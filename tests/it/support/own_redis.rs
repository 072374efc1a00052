//! A Redis server of a test's own, to be killed, paused and started again.

use std::{path::PathBuf, process::Stdio, time::Duration};

use tempfile::TempDir;
use tokio::{
    net::UnixStream,
    process::{Child, Command},
    time::timeout,
};

/// Listens on a socket in a folder of its own. Killed when dropped.
pub struct OwnRedis {
    child: Option<Child>,
    folder: TempDir,
}

impl OwnRedis {
    pub async fn start() -> Self {
        let mut redis = Self {
            child: None,
            folder: tempfile::tempdir_in("/tmp").unwrap(),
        };
        redis.start_again().await;
        redis
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Starts the server, empty, and waits until it listens.
    pub async fn start_again(&mut self) {
        let program = std::env::var("TEST_REDIS_SERVER").expect("TEST_REDIS_SERVER is set by `make test`");
        let mut command = Command::new(program);
        command
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(self.socket());
        command.arg("--dir").arg(self.folder.path());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        self.child = Some(command.spawn().unwrap());
        let listening = async {
            while UnixStream::connect(self.socket()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(20), listening)
            .await
            .expect("Redis did not start");
    }

    /// Ends the server as a power cut would.
    pub async fn kill(&mut self) {
        self.child.take().expect("Redis runs").kill().await.unwrap();
        // A killed server leaves its socket behind, which would look like one that does not answer yet.
        let _ = std::fs::remove_file(self.socket());
    }

    /// Stops the server in its tracks: it keeps its connections and answers nothing.
    pub async fn pause(&self) {
        self.signal("STOP").await;
    }

    pub async fn go_on(&self) {
        self.signal("CONT").await;
    }

    pub async fn flush(&self) {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd("FLUSHALL").exec_async(&mut connection).await.unwrap();
        redis::cmd("SCRIPT")
            .arg("FLUSH")
            .exec_async(&mut connection)
            .await
            .unwrap();
    }

    /// Cuts every subscription: what is published until its owner subscribes again is lost.
    pub async fn drop_subscribers(&self) {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd("CLIENT")
            .arg(&["KILL", "TYPE", "pubsub"])
            .exec_async(&mut connection)
            .await
            .unwrap();
    }

    async fn signal(&self, signal: &str) {
        let id = self.child.as_ref().and_then(Child::id).expect("Redis runs");
        let sent = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(id.to_string())
            .status()
            .await
            .unwrap();
        assert!(sent.success());
    }
}
