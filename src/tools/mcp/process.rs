//! A server that is a program of this machine. It runs in a process group of its own, with nothing of our environment but
//! `PATH`, and ends with its connection.

use std::{
    io,
    pin::Pin,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use rmcp::{RoleClient, transport::async_rw::AsyncRwTransport};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader, ReadBuf},
    process::{ChildStderr, ChildStdin, ChildStdout, Command},
};

/// Most bytes of one message of the server.
pub(super) const MAX_MESSAGE_BYTES: usize = 4 << 20;

/// Most bytes the server may write between the beginnings of two calls.
const MAX_SAID_BYTES: usize = 4 * MAX_MESSAGE_BYTES;

/// Most bytes of its log that are read of one line.
const MAX_LOG_LINE_BYTES: u64 = 1_000;

/// How its messages travel.
pub(super) type Transport = AsyncRwTransport<RoleClient, Metered<ChildStdout>, ChildStdin>;

/// A running program; killed with everything it started when dropped.
pub(super) struct Running {
    child: Box<dyn ChildWrapper>,
    left: Arc<AtomicUsize>,
}

impl Running {
    /// Lets it write anew: a call begins.
    pub(super) fn listen_again(&self) {
        self.left.store(MAX_SAID_BYTES, Ordering::Relaxed);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.start_kill();
    }
}

/// Starts the program.
pub(super) fn start(
    server: &str,
    command: &str,
    args: &[String],
    env: &[(String, SecretString)],
) -> io::Result<(Running, Transport)> {
    let mut starting = Command::new(command);
    starting
        .args(args)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(env.iter().map(|(name, value)| (name, value.expose_secret())))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut starting = CommandWrap::from(starting);
    starting.wrap(ProcessGroup::leader());
    let mut child = starting.spawn()?;
    let gone = || io::Error::other("the program has no standard input and output");
    let stdin = child.stdin().take().ok_or_else(gone)?;
    let stdout = child.stdout().take().ok_or_else(gone)?;
    if let Some(stderr) = child.stderr().take() {
        tokio::spawn(log(server.to_owned(), stderr));
    }
    let left = Arc::new(AtomicUsize::new(MAX_SAID_BYTES));
    let metered = Metered {
        inner: stdout,
        left: Arc::clone(&left),
    };
    let transport = AsyncRwTransport::new_client(metered, stdin).with_max_line_length(MAX_MESSAGE_BYTES);
    Ok((Running { child, left }, transport))
}

/// Passes on what the program logs, a piece of each line.
async fn log(server: String, stderr: ChildStderr) {
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut lines)
            .take(MAX_LOG_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .await
        {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                tracing::debug!(mcp.server = %server, line = %String::from_utf8_lossy(&line).trim_end());
            }
        }
    }
}

/// Reads until the program has written more than anybody asked for; then the connection counts as broken.
pub(super) struct Metered<R> {
    inner: R,
    left: Arc<AtomicUsize>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Metered<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        let read = buffer.filled().len() - before;
        let left = self.left.load(Ordering::Relaxed);
        if read > left {
            return Poll::Ready(Err(io::Error::other("the MCP server wrote more than it may")));
        }
        self.left.store(left - read, Ordering::Relaxed);
        polled
    }
}
