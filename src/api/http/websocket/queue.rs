//! The bounded outbox of one socket, and how the socket learns that there is something to send.
//!
//! It holds what is the socket's own: acknowledgements, pongs, refusals. Results stay with the executions they come
//! from ([`super::shared`]) until the socket takes them.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use axum::extract::ws::Message;
use tokio::sync::Notify;

/// Most messages that may wait.
const MAX_MESSAGES: usize = 256;

/// Most bytes that may wait.
const MAX_BYTES: usize = 1024 * 1024;

#[derive(Default)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    changed: Notify,
    overflowed: Notify,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Message>,
    bytes: usize,
    overflowed: bool,
}

impl Outbox {
    /// Never waits: what does not fit is dropped with all the rest, and the socket is told that it has failed.
    pub(super) fn push(&self, message: Message) {
        let size = size(&message);
        let mut waiting = self.lock();
        if waiting.overflowed {
            return;
        }
        // One message may be as large as it likes, or it could never be sent.
        let fits = waiting.messages.len() < MAX_MESSAGES
            && (waiting.messages.is_empty() || waiting.bytes + size <= MAX_BYTES);
        if fits {
            waiting.bytes += size;
            waiting.messages.push_back(message);
            self.changed.notify_one();
        } else {
            *waiting = Waiting {
                overflowed: true,
                ..Waiting::default()
            };
            self.overflowed.notify_one();
        }
    }

    pub(super) fn pop(&self) -> Option<Message> {
        let mut waiting = self.lock();
        let message = waiting.messages.pop_front()?;
        waiting.bytes -= size(&message);
        Some(message)
    }

    /// Says that an operation of the socket has something to send.
    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Waits until there may be something to send.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits until something did not fit.
    pub(super) async fn overflowed(&self) {
        self.overflowed.notified().await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}
