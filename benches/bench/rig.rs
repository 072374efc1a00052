//! An engine on a database of its own, with the real store, feed and doorbell, and work that does nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use agent_orchestrator::{
    domain::{
        plan::{PlanDraft, StepDraft},
        retry::Backoff,
    },
    engine::{
        work::{StepError, Work},
        worker::{Worker, WorkerFailed, WorkerSettings},
    },
    feed::{
        Feed, LocalLane, RedisDoorbell, RedisLaneSettings,
        doorbell::{Doorbell, Ring},
    },
    store::{
        DatabaseLocation, Store, StoreSettings,
        steps::{Claim, Ending, StepResult},
        tasks::{NewTask, Submitted},
    },
};
use anyhow::bail;
use async_trait::async_trait;
use entity::{
    enums::{PlanAuthor, StepKind},
    ids::TaskId,
    values::{JsonText, TenantId, UserId},
};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use crate::database;

/// Events of a task with a planning step and a chain of three: submitted, started, planned, completed; each of the four
/// steps ready, started, completed.
pub(crate) const EVENTS: i64 = 4 + 4 * 3;

/// Steps of such a task, the planning step included.
pub(crate) const STEPS: u64 = 4;

/// A user whose steps take a while, so that somebody can watch them.
pub(crate) const WATCHED: &str = "watched";

/// What happened, when.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Seen {
    /// A task's first step was begun.
    Started(TaskId, Instant),
    /// A commit of a task returned; its last event is `seq`.
    Committed(TaskId, i64, Instant),
}

/// A running engine.
pub(crate) struct Rig {
    pub(crate) url: String,
    pub(crate) redis_prefix: String,
    pub(crate) store: Store,
    pub(crate) feed: Feed,
    stop: CancellationToken,
    worker: Option<tokio::task::JoinHandle<Result<(), WorkerFailed>>>,
}

impl Rig {
    /// Starts an engine with `concurrency` places on the database `url`; what happens is sent to `seen`.
    pub(crate) async fn start(
        url: String,
        concurrency: usize,
        seen: mpsc::UnboundedSender<Seen>,
    ) -> anyhow::Result<Self> {
        let settings = StoreSettings {
            database: DatabaseLocation::Postgres(url.clone()),
            max_connections: 16,
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: Duration::from_secs(60),
        };
        let store = Store::open(&settings).await?;
        store.migrate().await?;
        let stop = CancellationToken::new();
        let redis_prefix = format!("bench-{}", uuid::Uuid::now_v7().simple());
        let redis = RedisLaneSettings {
            url: database::service("TEST_REDIS_URL")?,
            prefix: redis_prefix.clone(),
            timeout: Duration::from_millis(250),
            origin: "bench".to_owned(),
        };
        let doorbell = Recorder {
            inner: RedisDoorbell::start(redis, &stop)?,
            seen: seen.clone(),
        };
        let feed = Feed::start(
            store.clone(),
            Arc::new(doorbell),
            Arc::new(LocalLane::default()),
            stop.clone(),
        );
        let worker = Worker {
            store: store.clone(),
            feed: feed.clone(),
            work: Arc::new(NoWork { seen }),
            settings: Arc::new(WorkerSettings {
                worker_id: "bench".to_owned(),
                concurrency,
                claim_batch: concurrency,
                lease: Duration::from_secs(30),
                heartbeat: Duration::from_secs(5),
                poll: Duration::from_millis(500),
                step_timeout: Duration::from_secs(60),
                backoff: Backoff {
                    base: Duration::from_millis(500),
                    max: Duration::from_secs(60),
                },
                drain: Duration::from_secs(5),
            }),
        };
        let worker = tokio::spawn(worker.run(stop.clone()));
        Ok(Self {
            url,
            redis_prefix,
            store,
            feed,
            stop,
            worker: Some(worker),
        })
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        if let Some(worker) = self.worker.take() {
            worker.await??;
        }
        Ok(())
    }
}

/// Submits a task of the next of sixteen users.
pub(crate) async fn submit(store: &Store, feed: &Feed) -> anyhow::Result<TaskId> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let user = NEXT.fetch_add(1, Ordering::Relaxed) % 16;
    submit_as(store, feed, &format!("user-{user}")).await
}

/// Submits a task as the service does: stored first, then told.
pub(crate) async fn submit_as(store: &Store, feed: &Feed, user: &str) -> anyhow::Result<TaskId> {
    let new = NewTask {
        tenant: TenantId("default".to_owned()),
        user: UserId(user.to_owned()),
        description: "Collect the open invoices, then add them up, then write a reminder for each."
            .to_owned(),
        metadata: JsonText("{}".to_owned()),
        priority: 0,
        budget: None,
        idempotency_key: None,
        request_hash: String::new(),
        max_attempts: 3,
        output_schema: None,
    };
    let Submitted::New(task, change) = store.submit_task(new).await? else {
        bail!("a task without an idempotency key was submitted before")
    };
    feed.announce(&change).await;
    Ok(task.id)
}

/// Plans a chain of three, and does nothing in each.
struct NoWork {
    seen: mpsc::UnboundedSender<Seen>,
}

#[async_trait]
impl Work for NoWork {
    async fn carry_out(&self, claim: &Claim) -> Result<Ending, StepError> {
        if claim.task.user_id.as_str() == WATCHED {
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        if claim.step.kind == StepKind::Work {
            return Ok(Ending::Output(Box::new(StepResult {
                output: "Nothing was done, and this is what came of it.".to_owned(),
                memory: None,
            })));
        }
        let _ = self.seen.send(Seen::Started(claim.task.id, Instant::now()));
        let step = |at: usize| StepDraft {
            key: format!("s{at}"),
            title: format!("Step {at} of the chain"),
            instructions: "Do nothing, and say so in a sentence.".to_owned(),
            agent: "analyst".to_owned(),
            depends_on: (at > 1).then(|| format!("s{}", at - 1)).into_iter().collect(),
        };
        Ok(Ending::Plan {
            draft: PlanDraft {
                summary: "a chain of three".to_owned(),
                steps: (1..=3).map(step).collect(),
            },
            author: PlanAuthor::Rules,
        })
    }
}

/// The real doorbell, and a note of the moment each commit was told.
struct Recorder {
    inner: RedisDoorbell,
    seen: mpsc::UnboundedSender<Seen>,
}

#[async_trait]
impl Doorbell for Recorder {
    async fn ring(&self, ring: Ring) {
        let _ = self
            .seen
            .send(Seen::Committed(ring.task, ring.seq, Instant::now()));
        self.inner.ring(ring).await;
    }

    fn listen(&self) -> broadcast::Receiver<Ring> {
        self.inner.listen()
    }

    fn is_connected(&self) -> bool {
        self.inner.is_connected()
    }
}
