//! The lanes of a fleet: Redis pub/sub. One subscription per lane and process, shared by everything in it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use redis::{
    Client,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    doorbell::Ring,
    lane::{BACKLOG, Hint, Lane},
};

/// Where the lanes of a deployment are.
#[derive(Clone)]
pub struct RedisLaneSettings {
    /// `redis://…`. May hold a password: never logged.
    pub url: String,
    /// Keeps deployments on one Redis apart.
    pub prefix: String,
    /// How long a command may take.
    pub timeout: Duration,
    /// Identifies this process's own hints, which it has heard already.
    pub origin: String,
}

/// Hints waiting to be published; past this they are dropped and readers poll.
const OUTBOX: usize = 4_096;

/// How long to wait before connecting again.
const RECONNECT: Duration = Duration::from_millis(250);

/// How long a subscription may be silent before it is checked with a question of our own, and how long Redis may take
/// to answer one.
const PROBE: Duration = Duration::from_secs(2);

/// Rings through Redis.
pub type RedisDoorbell = RedisLane<Ring>;

/// Hints through Redis. Everything local works without it.
pub struct RedisLane<T> {
    hints: broadcast::Sender<T>,
    outbox: mpsc::Sender<T>,
    connected: Arc<AtomicBool>,
}

impl<T: Hint> RedisLane<T> {
    /// Starts the subscription and the publisher; both run until `stop`. Fails only if the URL cannot be used: a Redis
    /// that cannot be reached is tried again and again.
    pub fn start(settings: RedisLaneSettings, stop: &CancellationToken) -> redis::RedisResult<Self> {
        let RedisLaneSettings {
            url,
            prefix,
            timeout,
            origin,
        } = settings;
        let client = Client::open(url)?;
        let channel = format!("{prefix}:{}", T::LANE);
        let (hints, _) = broadcast::channel(BACKLOG);
        let (outbox, queue) = mpsc::channel(OUTBOX);
        let connected = Arc::new(AtomicBool::new(false));
        let publisher = Publisher {
            client: client.clone(),
            timeout,
            origin: origin.clone(),
            channel: channel.clone(),
        };
        tokio::spawn(stop.clone().run_until_cancelled_owned(publisher.run(queue)));
        let listener = Listener {
            client,
            origin,
            channel,
            hints: hints.clone(),
            connected: Arc::clone(&connected),
        };
        tokio::spawn(stop.clone().run_until_cancelled_owned(listener.run()));
        Ok(Self {
            hints,
            outbox,
            connected,
        })
    }
}

impl<T: Hint> Lane<T> for RedisLane<T> {
    fn send(&self, hint: T) {
        // Neighbours in this process hear it without the way through Redis.
        let _ = self.hints.send(hint.clone());
        if self.outbox.try_send(hint).is_err() {
            metrics::counter!("hints_dropped_total", "lane" => T::LANE).increment(1);
        }
    }

    fn listen(&self) -> broadcast::Receiver<T> {
        self.hints.subscribe()
    }

    fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }
}

struct Publisher {
    client: Client,
    timeout: Duration,
    origin: String,
    channel: String,
}

impl Publisher {
    /// Publishes what gathers while the last publication was under way, in one round trip.
    async fn run<T: Hint>(self, mut queue: mpsc::Receiver<T>) {
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout))
            .set_number_of_retries(0);
        let mut connection: Option<ConnectionManager> = None;
        let mut batch = Vec::new();
        while queue.recv_many(&mut batch, 256).await > 0 {
            if connection.is_none() {
                connection = ConnectionManager::new_with_config(self.client.clone(), settings.clone())
                    .await
                    .ok();
            }
            // As one message: what is told together is heard together.
            let text = serde_json::to_string(&batch).unwrap_or_default();
            batch.clear();
            let mut publish = redis::cmd("PUBLISH");
            publish.arg(&self.channel).arg(format!("{}\n{text}", self.origin));
            let sent = match &mut connection {
                Some(connection) => publish.query_async::<()>(connection).await.is_ok(),
                None => false,
            };
            if !sent {
                connection = None;
                metrics::counter!("hint_publish_failures_total", "lane" => T::LANE).increment(1);
                tokio::time::sleep(RECONNECT).await;
            }
        }
    }
}

struct Listener<T> {
    client: Client,
    origin: String,
    channel: String,
    hints: broadcast::Sender<T>,
    connected: Arc<AtomicBool>,
}

impl<T: Hint> Listener<T> {
    async fn run(self) {
        let mut failing = false;
        loop {
            if let Err(error) = self.listen(&mut failing).await
                && !failing
            {
                failing = true;
                tracing::warn!(
                    %error,
                    lane = T::LANE,
                    "Redis cannot be reached; feeds poll the database meanwhile"
                );
            }
            self.connected.store(false, Ordering::Relaxed);
            tokio::time::sleep(RECONNECT).await;
        }
    }

    /// Subscribes and passes hints on until the connection ends or falls silent.
    async fn listen(&self, failing: &mut bool) -> redis::RedisResult<()> {
        let mut subscription = answered(self.client.get_async_pubsub()).await?;
        answered(subscription.subscribe(&self.channel)).await?;
        self.connected.store(true, Ordering::Relaxed);
        if std::mem::take(failing) {
            tracing::info!(lane = T::LANE, "Redis is back");
        }
        loop {
            let message = tokio::time::timeout(PROBE, subscription.on_message().next()).await;
            match message {
                Ok(Some(message)) => self.pass_on(message.get_payload_bytes()),
                Ok(None) => return Ok(()),
                // Silence is normal, a dead socket looks the same: re-subscribing makes Redis answer or fail.
                Err(_) => answered(subscription.subscribe(&self.channel)).await?,
            }
        }
    }

    fn pass_on(&self, payload: &[u8]) {
        let Some((origin, hints)) = std::str::from_utf8(payload)
            .ok()
            .and_then(|text| text.split_once('\n'))
        else {
            return;
        };
        if origin == self.origin {
            return;
        }
        for hint in serde_json::from_str::<Vec<T>>(hints).unwrap_or_default() {
            let _ = self.hints.send(hint);
        }
    }
}

/// What Redis answers. A connection that hangs would otherwise be waited for without end.
async fn answered<T>(question: impl Future<Output = redis::RedisResult<T>>) -> redis::RedisResult<T> {
    tokio::time::timeout(PROBE, question)
        .await
        .unwrap_or_else(|_elapsed| {
            Err(redis::RedisError::from((
                redis::ErrorKind::Io,
                "Redis does not answer",
            )))
        })
}
