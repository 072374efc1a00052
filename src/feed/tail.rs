//! One tail per watched task and process: a doorbell causes one read, and every subscriber gets the same `Arc`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use entity::{event, ids::TaskId};
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use super::doorbell::Doorbell;
use crate::store::Store;

/// Events a subscriber may be behind before it reads the store itself.
const BACKLOG: usize = 256;

/// Events one read of the tail brings at most.
const BATCH: u64 = 500;

/// How long a tail waits for the doorbell before it looks anyway.
const POLL: Duration = Duration::from_secs(1);

/// New events of one task, in order. Dropped with its last subscriber.
pub(super) struct Tail {
    events: broadcast::Sender<Arc<event::Model>>,
    rung: Notify,
    /// Ends the reader.
    stop: CancellationToken,
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Tail {
    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<event::Model>> {
        self.events.subscribe()
    }
}

/// The tails of this process.
pub(super) struct Tails {
    store: Store,
    open: Arc<Mutex<HashMap<TaskId, Weak<Tail>>>>,
}

impl Tails {
    /// Starts passing the doorbell on to the tails, until `stop`.
    pub(super) fn start(store: Store, doorbell: &dyn Doorbell, stop: CancellationToken) -> Self {
        let open: Arc<Mutex<HashMap<TaskId, Weak<Tail>>>> = Arc::default();
        let tails = Arc::clone(&open);
        let mut rings = doorbell.listen();
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            loop {
                let rung: Vec<Arc<Tail>> = match rings.recv().await {
                    Ok(ring) => lock(&tails)
                        .get(&ring.task)
                        .and_then(Weak::upgrade)
                        .into_iter()
                        .collect(),
                    // Some rings were lost: whoever they were for looks now.
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        lock(&tails).values().filter_map(Weak::upgrade).collect()
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                };
                for tail in rung {
                    tail.rung.notify_one();
                }
            }
        }));
        Self { store, open }
    }

    /// The tail of a task, started at `from` if nobody watches the task yet.
    pub(super) fn watch(&self, task: TaskId, from: i64) -> Arc<Tail> {
        let mut open = lock(&self.open);
        if let Some(tail) = open.get(&task).and_then(Weak::upgrade) {
            return tail;
        }
        open.retain(|_, tail| tail.strong_count() > 0);
        let tail = Arc::new(Tail {
            events: broadcast::channel(BACKLOG).0,
            rung: Notify::new(),
            stop: CancellationToken::new(),
        });
        open.insert(task, Arc::downgrade(&tail));
        let reader = follow(self.store.clone(), task, from, Arc::downgrade(&tail));
        tokio::spawn(tail.stop.clone().run_until_cancelled_owned(reader));
        tail
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what is new whenever the doorbell rings, and once a second in any case.
async fn follow(store: Store, task: TaskId, from: i64, tail: Weak<Tail>) {
    let mut last = from;
    loop {
        match store.events_after(task, last, BATCH).await {
            Ok(events) => {
                let full = events.len() as u64 == BATCH;
                let Some(tail) = tail.upgrade() else { return };
                for event in events {
                    last = event.seq;
                    let _ = tail.events.send(Arc::new(event));
                }
                if full {
                    continue;
                }
            }
            Err(error) => {
                tracing::warn!(%error, task.id = %task, "the tail of a task cannot be read; trying again");
            }
        }
        let Some(waiting) = tail.upgrade() else { return };
        // The subscriber's Arc keeps the tail alive; this one must not, so it is given up when the wait ends.
        let _ = tokio::time::timeout(POLL, waiting.rung.notified()).await;
    }
}
