//! A Redis of the run's own, which keeps nothing.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::Duration,
};

use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::ports::free_port;

/// A Redis that may be running. Killed when dropped.
pub struct OwnRedis {
    pub port: u16,
    folder: PathBuf,
    child: Mutex<Option<Child>>,
}

impl OwnRedis {
    pub async fn start(folder: &Path) -> Self {
        std::fs::create_dir(folder).unwrap();
        let redis = Self {
            port: free_port(),
            folder: folder.to_owned(),
            child: Mutex::default(),
        };
        redis.ensure_up().await;
        redis
    }

    /// Where it is reached at a port.
    pub fn url_at(port: u16) -> String {
        format!("redis://127.0.0.1:{port}")
    }

    pub fn kill(&self) {
        if let Some(mut child) = self.child.lock().unwrap().take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it, empty, if it is down, and waits until it listens.
    pub async fn ensure_up(&self) {
        self.spawn_if_down();
        while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn spawn_if_down(&self) {
        let mut child = self.child.lock().unwrap();
        if child
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
        {
            return;
        }
        let program = std::env::var("TEST_REDIS_SERVER").expect("TEST_REDIS_SERVER is set by `make test`");
        let mut command = Command::new(program);
        command
            .args([
                "--bind",
                "127.0.0.1",
                "--port",
                &self.port.to_string(),
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .arg("--dir")
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        *child = Some(command.spawn().unwrap());
    }

    /// Forgets everything, the scripts included.
    pub async fn flush(&self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)).await {
            let _ = stream.write_all(b"FLUSHALL\r\nSCRIPT FLUSH\r\nQUIT\r\n").await;
            let mut answers = Vec::new();
            let _ = tokio::time::timeout(
                Duration::from_secs(5),
                tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answers),
            )
            .await;
        }
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}
