//! The doorbell of a fleet: Redis pub/sub. One subscription per process, shared by everything in it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::StreamExt;
use redis::{
    Client,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use super::doorbell::{BACKLOG, Doorbell, Ring};

/// Where the doorbell of a deployment is.
#[derive(Clone)]
pub struct RedisDoorbellSettings {
    /// `redis://…`. May hold a password: never logged.
    pub url: String,
    /// Keeps deployments on one Redis apart.
    pub prefix: String,
    /// How long a command may take.
    pub timeout: Duration,
    /// Identifies this process's own rings, which it has heard already.
    pub origin: String,
}

/// Rings waiting to be published; past this they are dropped and readers poll.
const OUTBOX: usize = 4_096;

/// How long to wait before connecting again.
const RECONNECT: Duration = Duration::from_millis(250);

/// How long a subscription may be silent before it is checked with a question of our own, and how long Redis may take
/// to answer one.
const PROBE: Duration = Duration::from_secs(2);

/// Rings through Redis. Everything local works without it.
pub struct RedisDoorbell {
    rings: broadcast::Sender<Ring>,
    outbox: mpsc::Sender<Ring>,
    connected: Arc<AtomicBool>,
}

impl RedisDoorbell {
    /// Starts the subscription and the publisher; both run until `stop`. Fails only if the URL cannot be used: a Redis
    /// that cannot be reached is tried again and again.
    pub fn start(settings: RedisDoorbellSettings, stop: &CancellationToken) -> redis::RedisResult<Self> {
        let RedisDoorbellSettings {
            url,
            prefix,
            timeout,
            origin,
        } = settings;
        let client = Client::open(url)?;
        let channel = format!("{prefix}:doorbell");
        let (rings, _) = broadcast::channel(BACKLOG);
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
            rings: rings.clone(),
            connected: Arc::clone(&connected),
        };
        tokio::spawn(stop.clone().run_until_cancelled_owned(listener.run()));
        Ok(Self {
            rings,
            outbox,
            connected,
        })
    }
}

#[async_trait]
impl Doorbell for RedisDoorbell {
    async fn ring(&self, ring: Ring) {
        // Neighbours in this process hear it without the way through Redis.
        let _ = self.rings.send(ring.clone());
        if self.outbox.try_send(ring).is_err() {
            metrics::counter!("doorbell_rings_dropped_total").increment(1);
        }
    }

    fn listen(&self) -> broadcast::Receiver<Ring> {
        self.rings.subscribe()
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
    async fn run(self, mut queue: mpsc::Receiver<Ring>) {
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
            let mut pipeline = redis::pipe();
            for ring in batch.drain(..) {
                if let Ok(text) = serde_json::to_string(&ring) {
                    pipeline
                        .publish(&self.channel, format!("{}\n{text}", self.origin))
                        .ignore();
                }
            }
            let sent = match &mut connection {
                Some(connection) => pipeline.query_async::<()>(connection).await.is_ok(),
                None => false,
            };
            if !sent {
                connection = None;
                metrics::counter!("doorbell_publish_failures_total").increment(1);
                tokio::time::sleep(RECONNECT).await;
            }
        }
    }
}

struct Listener {
    client: Client,
    origin: String,
    channel: String,
    rings: broadcast::Sender<Ring>,
    connected: Arc<AtomicBool>,
}

impl Listener {
    async fn run(self) {
        let mut failing = false;
        loop {
            if let Err(error) = self.listen(&mut failing).await
                && !failing
            {
                failing = true;
                tracing::warn!(%error, "doorbell: Redis cannot be reached; feeds poll the database meanwhile");
            }
            self.connected.store(false, Ordering::Relaxed);
            tokio::time::sleep(RECONNECT).await;
        }
    }

    /// Subscribes and passes rings on until the connection ends or falls silent.
    async fn listen(&self, failing: &mut bool) -> redis::RedisResult<()> {
        let mut subscription = answered(self.client.get_async_pubsub()).await?;
        answered(subscription.subscribe(&self.channel)).await?;
        self.connected.store(true, Ordering::Relaxed);
        if std::mem::take(failing) {
            tracing::info!("doorbell: Redis is back");
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
        let Some((origin, ring)) = std::str::from_utf8(payload)
            .ok()
            .and_then(|text| text.split_once('\n'))
        else {
            return;
        };
        if origin == self.origin {
            return;
        }
        if let Ok(ring) = serde_json::from_str(ring) {
            let _ = self.rings.send(ring);
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
