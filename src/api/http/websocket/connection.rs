//! One socket: what it says, what is sent to it, and when it ends.
//!
//! Three things go on side by side in one task, each a function that returns why the connection ends: [`read`]
//! (what comes), [`write`] (what goes) and [`watch`] (what does not come).
//!
//! [`read`]: Connection::read
//! [`write`]: Connection::write
//! [`watch`]: Connection::watch

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket},
};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde_json::{Map, Value};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit},
    time::timeout,
};

use super::{
    Sockets,
    ending::{Ending, goodbye},
    gauge::Gauged,
    lagging::Lagging,
    log::{End, Taken},
    operation::Operation,
    protocol::{self, ClientMessage, Close},
    queue::Outbox,
};
use crate::{
    api::{
        graphql::{Code, encode_cursor},
        http::{answer::error, params::Params},
    },
    services::caller::Caller,
};

/// Serves a socket to its end.
pub(super) async fn serve(socket: WebSocket, sockets: Arc<Sockets>, unacknowledged: OwnedSemaphorePermit) {
    let _gauged = Gauged::new("websocket_connections");
    let (mut sink, mut stream) = socket.split();
    let connection = Connection::new(sockets, unacknowledged);
    let ending = tokio::select! {
        () = connection.sockets.stop.cancelled() => Close::Restarting.into(),
        () = connection.outbox.overflowed() => Ending::Slow,
        ending = connection.read(&mut stream) => ending,
        ending = connection.write(&mut sink) => ending,
        ending = connection.watch() => ending,
    };
    let (ending, last) = match ending {
        Ending::Slow => connection.lagged().await,
        ending => (ending, Vec::new()),
    };
    // Nothing is executed for it from here on.
    drop(connection);
    let code = goodbye(ending, last, sink, stream).await;
    metrics::counter!("websocket_closed_total", "code" => code.to_string()).increment(1);
}

struct Connection {
    sockets: Arc<Sockets>,
    outbox: Arc<Outbox>,
    /// Set when the connection is acknowledged.
    caller: OnceLock<Caller>,
    acknowledged: Notify,
    /// Given back when the connection is acknowledged.
    unacknowledged: Mutex<Option<OwnedSemaphorePermit>>,
    /// Whether anything came since the last ping.
    heard: AtomicBool,
    operations: Mutex<Operations>,
}

#[derive(Default)]
struct Operations {
    running: Vec<Operation>,
    /// Whose turn it is to send.
    turn: usize,
}

impl Connection {
    fn new(sockets: Arc<Sockets>, unacknowledged: OwnedSemaphorePermit) -> Self {
        Self {
            sockets,
            outbox: Arc::default(),
            caller: OnceLock::new(),
            acknowledged: Notify::new(),
            unacknowledged: Mutex::new(Some(unacknowledged)),
            heard: AtomicBool::new(true),
            operations: Mutex::default(),
        }
    }

    /// Takes what comes.
    async fn read(&self, stream: &mut SplitStream<WebSocket>) -> Ending {
        while let Some(message) = stream.next().await {
            self.heard.store(true, Ordering::Relaxed);
            let heard = match message {
                Ok(Message::Text(text)) => self.hear(&text),
                Ok(Message::Binary(_)) => Err(Close::Invalid("messages are text".to_owned())),
                Ok(Message::Ping(_) | Message::Pong(_)) => Ok(()),
                Ok(Message::Close(_)) => return Ending::Left,
                Err(error) => return Ending::of(&error),
            };
            if let Err(close) = heard {
                return close.into();
            }
        }
        Ending::Gone
    }

    /// Sends what there is, in as few writes as it takes, and waits for more.
    async fn write(&self, sink: &mut SplitSink<WebSocket, Message>) -> Ending {
        let stall = self.sockets.settings.stall_timeout;
        loop {
            loop {
                let message = match self.next_message() {
                    Ok(Some(message)) => message,
                    Ok(None) => break,
                    Err(slow) => return slow,
                };
                match timeout(stall, sink.feed(message)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_gone)) => return Ending::Gone,
                    Err(_elapsed) => return Ending::Slow,
                }
            }
            match timeout(stall, sink.flush()).await {
                Ok(Ok(())) => {}
                Ok(Err(_gone)) => return Ending::Gone,
                Err(_elapsed) => return Ending::Slow,
            }
            self.outbox.changed().await;
        }
    }

    /// Sees to it that the client introduces itself in time and stays there.
    async fn watch(&self) -> Ending {
        let settings = &self.sockets.settings;
        if timeout(settings.init_timeout, self.acknowledged.notified())
            .await
            .is_err()
        {
            return Close::InitTimeout.into();
        }
        let mut missed = 0;
        loop {
            tokio::time::sleep(settings.ping_interval).await;
            if self.heard.swap(false, Ordering::Relaxed) {
                missed = 0;
            } else {
                missed += 1;
            }
            if missed >= settings.missed_pongs {
                return Close::Silent.into();
            }
            // Of WebSocket itself: every client answers it, browsers too, without a line of code.
            self.outbox.push(Message::Ping(Bytes::new()));
        }
    }

    fn hear(&self, text: &str) -> Result<(), Close> {
        if self.caller.get().is_none() && text.len() > self.sockets.settings.max_first_message {
            return Err(Close::TooLarge);
        }
        match ClientMessage::parse(text)? {
            ClientMessage::ConnectionInit(init) => self.acknowledge(&init)?,
            ClientMessage::Ping(payload) => self.outbox.push(protocol::pong(payload)),
            ClientMessage::Pong => {}
            ClientMessage::Subscribe { id, params } => self.subscribe(id, params)?,
            // Not echoed: from here on the operation sends nothing, whatever is under way.
            ClientMessage::Complete { id } => self.end(&id),
        }
        Ok(())
    }

    fn acknowledge(&self, init: &Map<String, Value>) -> Result<(), Close> {
        let caller = self.sockets.executor.caller(init).ok_or(Close::Forbidden)?;
        self.caller.set(caller).map_err(|_already| Close::TooManyInits)?;
        self.unacknowledged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.acknowledged.notify_one();
        self.outbox.push(protocol::connection_ack());
        Ok(())
    }

    fn subscribe(&self, id: String, params: Params) -> Result<(), Close> {
        let caller = self.caller.get().ok_or(Close::Unauthorized)?;
        let mut operations = self.operations();
        if operations.running.iter().any(|running| running.id == id) {
            return Err(Close::Duplicate(id));
        }
        let most = self.sockets.settings.max_operations;
        let started = if operations.running.len() < most {
            Operation::start(id.clone(), params, caller, &self.sockets, &self.outbox)
        } else {
            let message = format!("a connection carries at most {most} operations at a time");
            Err(vec![error(Code::RateLimited, &message)])
        };
        match started {
            Ok(operation) => operations.running.push(operation),
            Err(errors) => self.outbox.push(protocol::error(
                &protocol::quoted(&id),
                &Value::from(errors).to_string(),
            )),
        }
        Ok(())
    }

    fn end(&self, id: &str) {
        self.operations().running.retain(|operation| operation.id != id);
    }

    /// What is to be sent next: what is the connection's own, then its operations in turn.
    fn next_message(&self) -> Result<Option<Message>, Ending> {
        let mut operations = self.operations();
        // Whoever asks for the next has handed over the last.
        operations.running.iter_mut().for_each(Operation::handed_over);
        match self.outbox.pop() {
            Some(message) => Ok(Some(message)),
            None => operations.next_message(),
        }
    }

    /// What is said to a client that does not take what is sent to it, before it is told to go.
    async fn lagged(&self) -> (Ending, Vec<Message>) {
        let feeds = self.operations().feeds();
        let cursor = match feeds.as_slice() {
            [only] => Some(encode_cursor(only.seq)),
            _ => None,
        };
        let mut messages = Vec::with_capacity(feeds.len());
        for feed in feeds {
            messages.extend(feed.message(&self.sockets).await);
        }
        (Close::Slow(cursor).into(), messages)
    }

    fn operations(&self) -> MutexGuard<'_, Operations> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Operations {
    /// The feeds of events that have sent something, each with the last event that was handed over.
    fn feeds(&self) -> Vec<Lagging> {
        self.running.iter().filter_map(Operation::lagging).collect()
    }

    fn next_message(&mut self) -> Result<Option<Message>, Ending> {
        for _ in 0..self.running.len() {
            self.turn = (self.turn + 1) % self.running.len();
            let operation = &mut self.running[self.turn];
            let message = match operation.take() {
                Taken::Nothing => continue,
                Taken::Lost => return Err(Ending::Slow),
                Taken::Next { payload, .. } => {
                    return Ok(Some(protocol::next(&operation.quoted_id, &payload)));
                }
                Taken::End(End::Complete) => protocol::complete(&operation.quoted_id),
                Taken::End(End::Refused(errors)) => protocol::error(&operation.quoted_id, &errors),
            };
            self.running.swap_remove(self.turn);
            return Ok(Some(message));
        }
        Ok(None)
    }
}
