//! Equal subscriptions are executed once, and each of their results is serialised once.
//!
//! An execution writes its results to a [`Log`]; each subscriber has a place in it and takes what comes after at its
//! own pace, so nothing is copied and nothing queues up per subscriber. The log keeps a window. Its producer waits only
//! for the foremost subscriber, so that a long backlog comes no faster than anyone can take it; whoever falls out of the
//! window behind has been too slow. An execution that nobody shares, a query for instance, is one with one subscriber.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use async_graphql::{Response, futures_util::stream::BoxStream};
use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    joining::Joining,
    log::{End, Log, Taken},
    queue::Outbox,
};
use crate::{
    api::{
        graphql::FeedPlace,
        http::executor::{errors_of, internal_error, is_refusal},
    },
    services::caller::Caller,
};

/// What makes two subscriptions equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) query: String,
    pub(super) operation_name: Option<String>,
    /// As JSON with sorted keys.
    pub(super) variables: String,
    pub(super) caller: Caller,
}

/// An operation that can be started.
pub(super) struct Prepared {
    pub(super) key: Key,
    /// None if nobody else may take part.
    pub(super) joining: Option<Joining>,
    /// Nothing happens before it is asked for the first.
    pub(super) responses: BoxStream<'static, Response>,
    /// Where they have come, if they are a feed of events.
    pub(super) place: FeedPlace,
    pub(super) request_id: String,
}

/// What runs in this process and may be joined.
#[derive(Default)]
pub(super) struct Shared {
    running: Mutex<HashMap<Arc<Key>, Arc<Execution>>>,
}

/// One execution and who takes from it.
struct Execution {
    key: Arc<Key>,
    /// None if nobody may join.
    joining: Option<Joining>,
    log: RwLock<Log>,
    /// The place of the foremost subscriber.
    foremost: AtomicU64,
    /// The foremost subscriber went on.
    taken: Notify,
    subscribers: Mutex<Subscribers>,
    /// Ends the producer.
    stop: CancellationToken,
}

#[derive(Default)]
struct Subscribers {
    next: u64,
    outboxes: HashMap<u64, Arc<Outbox>>,
}

/// One subscriber's place in an execution. Dropping it leaves; with the last one the execution ends.
pub(super) struct Subscriber {
    shared: Arc<Shared>,
    execution: Arc<Execution>,
    number: u64,
    place: u64,
    /// The event of a feed that was taken last.
    seq: Option<i64>,
}

impl Subscriber {
    pub(super) fn take(&mut self) -> Taken {
        let taken = self.execution.read().take(self.place);
        if let Taken::Next { seq, .. } = &taken {
            self.place += 1;
            self.seq = *seq;
            self.execution.foremost.fetch_max(self.place, Ordering::Relaxed);
            self.execution.taken.notify_one();
        }
        taken
    }

    /// What is executed.
    pub(super) fn key(&self) -> &Key {
        &self.execution.key
    }

    /// The event that was taken last, if this is a feed of events.
    pub(super) fn seq(&self) -> Option<i64> {
        self.seq
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.shared.leave(self);
    }
}

impl Shared {
    /// Joins an equal execution, if there is one that can still be joined.
    pub(super) fn join(self: &Arc<Self>, key: &Key, outbox: &Arc<Outbox>) -> Option<Subscriber> {
        self.join_locked(&self.lock(), key, outbox)
    }

    fn join_locked(
        self: &Arc<Self>,
        running: &HashMap<Arc<Key>, Arc<Execution>>,
        key: &Key,
        outbox: &Arc<Outbox>,
    ) -> Option<Subscriber> {
        let execution = running.get(key)?;
        let place = match execution.joining? {
            Joining::FromStart => execution.read().is_whole().then_some(0)?,
            Joining::Live => execution.read().end(),
        };
        Some(self.subscribe(execution, place, outbox))
    }

    /// Starts an execution, unless an equal one has been started meanwhile.
    pub(super) fn start(self: &Arc<Self>, operation: Prepared, outbox: &Arc<Outbox>) -> Subscriber {
        let mut running = self.lock();
        if operation.joining.is_some()
            && let Some(joined) = self.join_locked(&running, &operation.key, outbox)
        {
            return joined;
        }
        let execution = Arc::new(Execution {
            key: Arc::new(operation.key),
            joining: operation.joining,
            log: RwLock::default(),
            foremost: AtomicU64::new(0),
            taken: Notify::new(),
            subscribers: Mutex::default(),
            stop: CancellationToken::new(),
        });
        if execution.joining.is_some() {
            // One that can no longer be joined goes on for those it has.
            running.insert(Arc::clone(&execution.key), Arc::clone(&execution));
        }
        let subscriber = self.subscribe(&execution, 0, outbox);
        drop(running);
        let stop = execution.stop.clone();
        let producer = Producer {
            shared: Arc::clone(self),
            execution,
            request_id: operation.request_id,
            place: operation.place,
        };
        tokio::spawn(stop.run_until_cancelled_owned(producer.run(operation.responses)));
        subscriber
    }

    fn subscribe(
        self: &Arc<Self>,
        execution: &Arc<Execution>,
        place: u64,
        outbox: &Arc<Outbox>,
    ) -> Subscriber {
        let mut subscribers = execution.subscribers();
        let number = subscribers.next;
        subscribers.next += 1;
        subscribers.outboxes.insert(number, Arc::clone(outbox));
        // What is there already is to be sent.
        outbox.wake();
        Subscriber {
            shared: Arc::clone(self),
            execution: Arc::clone(execution),
            number,
            place,
            seq: None,
        }
    }

    fn leave(&self, subscriber: &Subscriber) {
        // Held to the end, so that nobody joins what is about to be stopped.
        let mut running = self.lock();
        let mut subscribers = subscriber.execution.subscribers();
        subscribers.outboxes.remove(&subscriber.number);
        if subscribers.outboxes.is_empty() {
            forget(&mut running, &subscriber.execution);
            subscriber.execution.stop.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<Key>, Arc<Execution>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget(running: &mut HashMap<Arc<Key>, Arc<Execution>>, execution: &Arc<Execution>) {
    if running
        .get(&execution.key)
        .is_some_and(|found| Arc::ptr_eq(found, execution))
    {
        running.remove(&execution.key);
    }
}

impl Execution {
    fn subscribers(&self) -> MutexGuard<'_, Subscribers> {
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, Log> {
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Log> {
        self.log.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the foremost subscriber is near enough. Those behind it are not waited for.
    async fn room(&self) {
        while !self.read().has_room(self.foremost.load(Ordering::Relaxed)) {
            self.taken.notified().await;
        }
    }

    fn publish(&self, payload: Arc<str>, seq: Option<i64>) {
        self.write()
            .push(payload, seq, self.foremost.load(Ordering::Relaxed));
        self.wake();
    }

    fn wake(&self) {
        for outbox in self.subscribers().outboxes.values() {
            outbox.wake();
        }
    }
}

/// Writes an execution's log. The log has an end even if a resolver panics.
struct Producer {
    shared: Arc<Shared>,
    execution: Arc<Execution>,
    request_id: String,
    place: FeedPlace,
}

impl Producer {
    async fn run(self, mut responses: BoxStream<'static, Response>) {
        let mut is_first = true;
        while let Some(response) = responses.next().await {
            if is_first && is_refusal(&response) {
                return self.end(End::Refused(json(&errors_of(&response))));
            }
            is_first = false;
            // Read before anything is waited for: it belongs to this response.
            let seq = self.place.seq();
            self.execution.room().await;
            self.execution.publish(json(&response), seq);
        }
        self.end(End::Complete);
    }

    /// The first end counts.
    fn end(&self, end: End) {
        forget(&mut self.shared.lock(), &self.execution);
        self.execution.write().close(end);
        self.execution.wake();
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.end(End::Refused(json(&[internal_error(&self.request_id)])));
        }
    }
}

/// Everything that is answered can be written as JSON: its maps have texts for keys.
fn json(value: &(impl serde::Serialize + ?Sized)) -> Arc<str> {
    serde_json::to_string(value).map_or_else(
        |error| {
            tracing::error!(%error, "an answer could not be written");
            Arc::from("null")
        },
        Arc::from,
    )
}
