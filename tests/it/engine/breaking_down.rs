//! A worker that can no longer do one of its duties ends, and with it its process: another may do better.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_orchestrator::{
    config::server::Roles,
    domain::retry::Backoff,
    engine::{
        work::{StepError, Work},
        worker::{Worker, WorkerFailed, WorkerSettings},
    },
    feed::{Feed, LocalLane, doorbell::Ring, lane::Lane, output::Delta},
    store::steps::{Claim, Ending},
};
use async_trait::async_trait;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::POEM;
use crate::support::{Stack, TestApp, both_stacks};

/// How long a worker may take to notice.
const SOON: Duration = Duration::from_secs(10);

/// Work that never ends.
struct Endless;

#[async_trait]
impl Work for Endless {
    async fn carry_out(&self, _: &Claim) -> Result<Ending, StepError> {
        std::future::pending().await
    }
}

/// A doorbell that can be torn off.
struct Doorbell(Mutex<Option<broadcast::Sender<Ring>>>);

impl Doorbell {
    fn tear_off(&self) {
        self.0.lock().unwrap().take();
    }
}

impl Lane<Ring> for Doorbell {
    fn send(&self, ring: Ring) {
        let _ = self.0.lock().unwrap().as_ref().map(|rings| rings.send(ring));
    }

    fn listen(&self) -> broadcast::Receiver<Ring> {
        self.0.lock().unwrap().as_ref().expect("a doorbell").subscribe()
    }

    fn is_connected(&self) -> bool {
        true
    }
}

async fn without_worker(stack: Stack) -> TestApp {
    TestApp::start_with(stack, |config| {
        config.server.roles = Roles {
            api: true,
            worker: false,
        };
    })
    .await
}

fn endless_worker(app: &TestApp) -> Worker {
    Worker {
        store: app.services.store.clone(),
        feed: app.services.feed.clone(),
        work: Arc::new(Endless),
        settings: Arc::new(WorkerSettings {
            worker_id: "endless".to_owned(),
            concurrency: 1,
            claim_batch: 1,
            lease: Duration::from_secs(300),
            heartbeat: Duration::from_secs(5),
            poll: Duration::from_millis(100),
            step_timeout: Duration::from_secs(300),
            backoff: Backoff {
                base: Duration::from_millis(5),
                max: Duration::from_millis(5),
            },
            drain: Duration::from_secs(1),
        }),
    }
}

both_stacks! {
    // Heartbeats without a pause between them cannot be begun: the configuration refuses them, and the loop panics.
    async fn a_process_whose_worker_cannot_keep_its_leases_ends_with_an_error(stack: Stack) {
        let mut app = TestApp::start_with(stack, |config| config.engine.heartbeat_seconds = 0).await;
        let ended = tokio::time::timeout(SOON, app.ended()).await.expect("the process lives on");
        assert!(ended.unwrap_err().is::<WorkerFailed>());
    }

    async fn a_worker_that_hears_of_no_cancel_gives_its_steps_back_and_ends(stack: Stack) {
        let app = without_worker(stack).await;
        let doorbell = Arc::new(Doorbell(Mutex::new(Some(broadcast::channel(64).0))));
        let (output, background) = (Arc::new(LocalLane::<Delta>::default()), CancellationToken::new());
        let feed = Feed::start(app.services.store.clone(), Arc::clone(&doorbell) as _, output, background.clone());
        let id = app.submit("ada", POEM).await;
        let stop = CancellationToken::new();
        let worker = Worker { feed, ..endless_worker(&app) };
        let mut running = tokio::spawn(worker.run(stop.clone()));
        app.wait_for(&id, |task| task["steps"][0]["status"] == "RUNNING").await;
        assert!(!running.is_finished());
        doorbell.tear_off();
        let ended = tokio::time::timeout(SOON, &mut running).await.expect("the worker lives on").unwrap();
        assert_eq!((ended, stop.is_cancelled()), (Err(WorkerFailed), true));
        // Long before its lease runs out.
        assert_eq!(app.task(&id).await["steps"][0]["status"], "READY");
        background.cancel();
    }
}
