//! A TCP proxy on 127.0.0.1 that passes, delays, swallows or cuts, and in front of Postgres acts at commits.
//!
//! To add a mode: a variant of [`Mode`] and its arm in [`Gate::pass`].

mod commits;
mod frames;
mod postgres;

pub use commits::{CommitPoint, CommitTrap};

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// What becomes of bytes on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Pass,
    /// Every piece, in both directions, this much later.
    Delay(Duration),
    /// Connections stand and nothing comes through; what was sent comes when the mode changes.
    Blackhole,
    /// Nobody is there.
    Refuse,
}

/// What the bytes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Not looked at.
    Opaque,
    Postgres,
}

/// A running proxy. Dropping it ends it and its connections.
pub struct Proxy {
    pub port: u16,
    gate: Arc<Gate>,
    accepting: JoinHandle<()>,
}

/// What every connection of a proxy asks.
pub(super) struct Gate {
    target: u16,
    mode: watch::Sender<Mode>,
    /// A connection lives while this stays what it was when it was made.
    generation: watch::Sender<u64>,
    pub(super) trap: Mutex<Option<CommitTrap>>,
}

impl Proxy {
    /// Listens on a free port for connections to `target`.
    pub async fn start(target: u16, protocol: Protocol) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let gate = Arc::new(Gate {
            target,
            mode: watch::Sender::new(Mode::Pass),
            generation: watch::Sender::new(0),
            trap: Mutex::default(),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&gate), protocol));
        Self {
            port,
            gate,
            accepting,
        }
    }

    pub fn set(&self, mode: Mode) {
        self.gate.mode.send_replace(mode);
        if mode == Mode::Refuse {
            self.cut();
        }
    }

    /// Cuts every connection there is.
    pub fn cut(&self) {
        self.gate.generation.send_modify(|generation| *generation += 1);
    }

    /// Acts at a commit to come. Replaces a trap that has not sprung.
    pub fn arm(&self, trap: CommitTrap) {
        *self.gate.trap.lock().unwrap() = Some(trap);
    }

    pub fn disarm(&self) {
        self.gate.trap.lock().unwrap().take();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

impl Gate {
    /// Returns when a piece may go on.
    pub(super) async fn pass(&self) {
        let mut mode = self.mode.subscribe();
        loop {
            let now = *mode.borrow_and_update();
            match now {
                Mode::Pass => return,
                Mode::Delay(delay) => return tokio::time::sleep(delay).await,
                Mode::Blackhole | Mode::Refuse => {
                    if mode.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

async fn accept(listener: TcpListener, gate: Arc<Gate>, protocol: Protocol) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        if *gate.mode.borrow() == Mode::Refuse {
            continue;
        }
        let gate = Arc::clone(&gate);
        tokio::spawn(async move {
            let mut generation = gate.generation.subscribe();
            generation.mark_unchanged();
            tokio::select! {
                _ = generation.changed() => {}
                _ = carry(client, &gate, protocol) => {}
            }
        });
    }
}

async fn carry(client: TcpStream, gate: &Gate, protocol: Protocol) -> std::io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", gate.target)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    match protocol {
        Protocol::Postgres => postgres::carry(client, server, gate).await,
        Protocol::Opaque => {
            let (client_in, client_out) = client.into_split();
            let (server_in, server_out) = server.into_split();
            // A side that closes closes both: nobody here half-closes.
            tokio::select! {
                ended = pump(client_in, server_out, gate) => ended,
                ended = pump(server_in, client_out, gate) => ended,
            }
        }
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    gate: &Gate,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 << 10];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        gate.pass().await;
        to.write_all(&buffer[..count]).await?;
    }
}
