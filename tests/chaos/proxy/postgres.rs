//! A connection to Postgres, message by message: commits are seen before they are forwarded and when they are answered.
//!
//! A commit is a `COMMIT` in a simple query, or a writing statement that runs outside a transaction.

use std::{
    collections::HashMap,
    io,
    sync::{
        Mutex,
        atomic::{AtomicU8, Ordering},
    },
};

use tokio::{
    io::{AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::{
    CommitPoint, CommitTrap, Gate,
    frames::{Frame, Opening},
};

/// What both directions of a connection know of each other.
struct Talk<'a> {
    gate: &'a Gate,
    /// The status byte of the last ReadyForQuery: `I` outside a transaction.
    status: AtomicU8,
    /// Sprung at a commit whose answer is on its way.
    awaited: Mutex<Option<CommitTrap>>,
}

pub(super) async fn carry(client: TcpStream, server: TcpStream, gate: &Gate) -> io::Result<()> {
    let (client_in, mut client_out) = client.into_split();
    let (server_in, mut server_out) = server.into_split();
    let mut client_in = BufReader::new(client_in);
    loop {
        let opening = Opening::read(&mut client_in).await?;
        gate.pass().await;
        if opening.asks_for_encryption {
            client_out.write_all(b"N").await?;
            continue;
        }
        server_out.write_all(&opening.bytes).await?;
        break;
    }
    let talk = Talk {
        gate,
        status: AtomicU8::new(0),
        awaited: Mutex::default(),
    };
    tokio::select! {
        ended = talk.questions(client_in, server_out) => ended,
        ended = talk.answers(BufReader::new(server_in), client_out) => ended,
    }
}

impl Talk<'_> {
    async fn questions(
        &self,
        mut client: BufReader<OwnedReadHalf>,
        mut server: OwnedWriteHalf,
    ) -> io::Result<()> {
        let mut batch = Batch::default();
        loop {
            let frame = Frame::read(&mut client).await?;
            self.gate.pass().await;
            let outside = self.status.load(Ordering::SeqCst) == b'I';
            if batch.commits(&frame, outside)
                && let Some(trap) = self.gate.commit()
            {
                if trap.point == CommitPoint::Before {
                    (trap.action)();
                    return Ok(());
                }
                *self.awaited.lock().unwrap() = Some(trap);
            }
            server.write_all(frame.bytes()).await?;
        }
    }

    async fn answers(
        &self,
        mut server: BufReader<OwnedReadHalf>,
        mut client: OwnedWriteHalf,
    ) -> io::Result<()> {
        loop {
            let frame = Frame::read(&mut server).await?;
            self.gate.pass().await;
            let is_ready = frame.kind == b'Z';
            if is_ready {
                self.status.store(
                    frame.body().first().copied().unwrap_or_default(),
                    Ordering::SeqCst,
                );
            }
            let awaited = self.awaited.lock().unwrap().clone();
            match awaited {
                None => client.write_all(frame.bytes()).await?,
                Some(trap) if trap.point == CommitPoint::Unanswered => {
                    if is_ready {
                        (trap.action)();
                        return Ok(());
                    }
                }
                Some(trap) => {
                    client.write_all(frame.bytes()).await?;
                    if is_ready {
                        // Some of these moments are long enough for the process to use what it was told.
                        tokio::task::yield_now().await;
                        (trap.action)();
                        self.awaited.lock().unwrap().take();
                    }
                }
            }
        }
    }
}

/// The statements a client prepared, and whether what it has asked for since its last Sync writes.
#[derive(Default)]
struct Batch {
    writing: HashMap<String, bool>,
    bound: bool,
    runs: bool,
}

impl Batch {
    /// Whether this message makes the database commit.
    fn commits(&mut self, frame: &Frame, outside: bool) -> bool {
        let mut texts = frame.texts();
        match frame.kind {
            b'Q' => {
                return texts
                    .next()
                    .is_some_and(|query| query.trim().eq_ignore_ascii_case("commit"));
            }
            b'P' => {
                let name = texts.next().unwrap_or_default().to_owned();
                self.writing
                    .insert(name, writes(texts.next().unwrap_or_default()));
            }
            b'B' => {
                let statement = texts.nth(1).unwrap_or_default();
                self.bound = self.writing.get(statement).copied().unwrap_or_default();
            }
            b'E' => self.runs |= self.bound,
            b'S' => return std::mem::take(&mut self.runs) && outside,
            _ => {}
        }
        false
    }
}

fn writes(statement: &str) -> bool {
    // A lock is not a write.
    let upper = statement.to_ascii_uppercase().replace("FOR UPDATE", "");
    ["INSERT INTO ", "UPDATE ", "DELETE FROM "]
        .iter()
        .any(|verb| upper.contains(verb))
}
