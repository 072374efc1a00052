//! A subscriber's stream: what was before, then what comes, each event once and in order.

use crate::domain::causes::in_one_line;
use std::sync::Arc;

use entity::{
    enums::{EventKind, TaskStatus},
    event,
    ids::TaskId,
};
use futures_util::Stream;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::{
    doorbell::{Doorbell, Ring},
    lane::Lane,
    output::{Delta, Outputs},
    tail::{Tail, Tails},
};
use crate::{
    domain::{lifecycle::Lifecycle, scope::Scope},
    store::{Committed, Store, StoreError},
};

/// Events one read of the backlog brings at most.
const BATCH: u64 = 500;

/// How long a watcher waits before it reads again from a database that is away.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(500);

/// What a watcher of a task receives.
#[derive(Clone, Debug)]
pub enum FeedItem {
    Event(Arc<event::Model>),
    /// Everything that was there when the watcher came has been sent.
    CaughtUp {
        seq: i64,
    },
    /// The task has ended and its last event has been sent.
    Ended {
        seq: i64,
        status: TaskStatus,
    },
}

impl FeedItem {
    /// Number of the last event when this was sent.
    pub fn seq(&self) -> i64 {
        match self {
            Self::Event(event) => event.seq,
            Self::CaughtUp { seq } | Self::Ended { seq, .. } => *seq,
        }
    }
}

/// The feed of this process. Cheap to clone.
#[derive(Clone)]
pub struct Feed {
    pub(super) store: Store,
    doorbell: Arc<dyn Doorbell>,
    pub(super) tails: Arc<Tails>,
    pub(super) outputs: Arc<Outputs>,
}

impl Feed {
    /// Starts the feed; its readers run until `stop`.
    pub fn start(
        store: Store,
        doorbell: Arc<dyn Doorbell>,
        output: Arc<dyn Lane<Delta>>,
        stop: CancellationToken,
    ) -> Self {
        let store = store.for_feeds();
        let tails = Arc::new(Tails::start(store.clone(), doorbell.as_ref(), stop.clone()));
        let outputs = Outputs::start(store.clone(), output, stop);
        Self {
            store,
            doorbell,
            tails,
            outputs,
        }
    }

    /// Tells everyone of a change, after its commit.
    pub async fn announce(&self, change: &Committed) {
        self.doorbell.ring(Ring::from(change)).await;
    }

    /// The same for changes that were committed together.
    pub async fn announce_all(&self, changes: &[Committed]) {
        for change in changes {
            self.announce(change).await;
        }
    }

    /// Rings from now on.
    pub fn listen(&self) -> broadcast::Receiver<Ring> {
        self.doorbell.listen()
    }

    /// Whether changes in other processes are heard at once.
    pub fn is_connected(&self) -> bool {
        self.doorbell.is_connected()
    }

    /// Every event of a task after `after`, once and in order, until the task has ended. None if the scope has no such
    /// task. The stream ends early, with the error, only if the store stays away.
    pub async fn task_events(
        &self,
        scope: &Scope,
        task: TaskId,
        after: i64,
    ) -> Result<Option<impl Stream<Item = Result<FeedItem, StoreError>> + Send + use<>>, StoreError> {
        let Some(row) = self.store.task(scope, task).await? else {
            return Ok(None);
        };
        let tail = self.tails.watch(task, row.event_seq);
        let mut reader = Reader {
            store: self.store.clone(),
            scope: scope.clone(),
            task,
            last: after.min(row.event_seq).max(0),
            live: tail.subscribe(),
            _tail: tail,
            queue: std::collections::VecDeque::new(),
        };
        Ok(Some(async_stream(move |out| async move {
            if let Err(error) = reader.run(&out).await {
                let _ = out.send(Err(error)).await;
            }
        })))
    }
}

/// A stream fed by a task of its own, at most a few items ahead of its reader.
fn async_stream<T, F>(run: impl FnOnce(tokio::sync::mpsc::Sender<T>) -> F) -> ReceiverStream<T>
where
    T: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (out, items) = tokio::sync::mpsc::channel(16);
    let hung_up = out.clone();
    let work = run(out);
    tokio::spawn(async move {
        tokio::select! {
            () = work => {}
            // The subscriber left while nothing happened.
            () = hung_up.closed() => {}
        }
    });
    ReceiverStream::new(items)
}

struct Reader {
    store: Store,
    scope: Scope,
    task: TaskId,
    /// The last event that was sent.
    last: i64,
    live: broadcast::Receiver<Arc<event::Model>>,
    /// Keeps the tail running.
    _tail: Arc<Tail>,
    queue: std::collections::VecDeque<Arc<event::Model>>,
}

type Out = tokio::sync::mpsc::Sender<Result<FeedItem, StoreError>>;

impl Reader {
    async fn run(&mut self, out: &Out) -> Result<(), StoreError> {
        self.catch_up(out).await?;
        if out.send(Ok(FeedItem::CaughtUp { seq: self.last })).await.is_err() {
            return Ok(());
        }
        // Only some events can be a task's last: between them nothing is asked of the store.
        let mut may_be_over = true;
        loop {
            if may_be_over && let Some(status) = self.ended().await? {
                let _ = out
                    .send(Ok(FeedItem::Ended {
                        seq: self.last,
                        status,
                    }))
                    .await;
                return Ok(());
            }
            may_be_over = match self.live.recv().await {
                Ok(event) if event.seq <= self.last => false,
                Ok(event) if event.seq == self.last + 1 => {
                    self.last = event.seq;
                    let ends = ends_a_task(event.kind);
                    if out.send(Ok(FeedItem::Event(event))).await.is_err() {
                        return Ok(());
                    }
                    ends
                }
                // A hole: the tail began later than this reader, or this reader was too slow for it.
                Ok(_) | Err(RecvError::Lagged(_)) => {
                    self.catch_up(out).await?;
                    true
                }
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }

    /// Sends everything the store has after the last event that was sent.
    async fn catch_up(&mut self, out: &Out) -> Result<(), StoreError> {
        loop {
            let events = patiently(|| self.store.events_after(self.task, self.last, BATCH)).await?;
            self.queue.extend(events.into_iter().map(Arc::new));
            if self.queue.is_empty() {
                return Ok(());
            }
            for event in self.queue.drain(..) {
                self.last = event.seq;
                if out.send(Ok(FeedItem::Event(event))).await.is_err() {
                    return Ok(());
                }
            }
        }
    }

    /// The final status, once the task has ended and its last event has been sent.
    async fn ended(&self) -> Result<Option<TaskStatus>, StoreError> {
        let Some(task) = patiently(|| self.store.task(&self.scope, self.task)).await? else {
            return Ok(None);
        };
        Ok((task.status.is_final() && task.event_seq == self.last).then_some(task.status))
    }
}

/// Reads, and reads again while the database is away: a watcher waits for it rather than being sent off. Its own leaving
/// ends the wait.
async fn patiently<T, F>(read: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    loop {
        match read().await {
            Err(error) if error.is_transient() => {
                tracing::warn!(
                    error = %in_one_line(&error),
                    "a feed waits for the database"
                );
                tokio::time::sleep(PAUSE).await;
            }
            ended => return ended,
        }
    }
}

/// Whether nothing may come after an event of this kind.
fn ends_a_task(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::TaskCompleted | EventKind::TaskFailed | EventKind::TaskCancelled
    )
}
