//! Limits counted in Redis, one Lua script and one round trip per check, shared by all processes.
//!
//! Without Redis each process counts for itself (at most the limit times the number of processes); a request waits for
//! Redis no longer than the configured time, and not at all while it is known to be away.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use entity::values::{TenantId, UserId};
use redis::{
    Client, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::sync::OnceCell;

use super::{Decision, Limited, LocalLimiter, Quotas, RateLimiter};
use crate::domain::digest::sha256_hex;

/// How long Redis is left alone after it failed.
const REST: Duration = Duration::from_secs(1);

/// Counts in Redis, and in this process while Redis is away.
pub struct RedisLimiter {
    client: Client,
    prefix: String,
    timeout: Duration,
    connection: OnceCell<ConnectionManager>,
    script: Script,
    quotas: Quotas,
    fallback: LocalLimiter,
    /// Until when Redis is not asked.
    resting: Arc<Mutex<Option<Instant>>>,
}

impl RedisLimiter {
    /// Connects on the first check. Deployments that share a Redis take different prefixes.
    pub fn new(url: &str, prefix: String, timeout: Duration, quotas: Quotas) -> redis::RedisResult<Self> {
        Ok(Self {
            client: Client::open(url)?,
            prefix,
            timeout,
            connection: OnceCell::new(),
            script: Script::new(include_str!("gcra.lua")),
            quotas,
            fallback: LocalLimiter::new(&quotas),
            resting: Arc::default(),
        })
    }

    async fn ask(&self, what: Limited, tenant: &TenantId, user: &UserId) -> redis::RedisResult<Decision> {
        let Some(quota) = self.quotas.of(what) else {
            return Ok(Decision::Allowed);
        };
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout))
            .set_number_of_retries(0);
        let mut connection = self
            .connection
            .get_or_try_init(|| ConnectionManager::new_with_config(self.client.clone(), settings))
            .await?
            .clone();
        let interval_us = 60_000_000 / u64::from(quota.per_minute.max(1));
        let wait_us: u64 = self
            .script
            .key(key(&self.prefix, what, tenant, user))
            .arg(interval_us)
            .arg(quota.burst.max(1))
            .invoke_async(&mut connection)
            .await?;
        Ok(match wait_us {
            0 => Decision::Allowed,
            wait => Decision::Denied {
                retry_after: Duration::from_micros(wait),
            },
        })
    }

    fn is_resting(&self) -> bool {
        let resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.is_some_and(|until| Instant::now() < until)
    }

    fn rest(&self) {
        *self.resting.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + REST);
    }
}

#[async_trait]
impl RateLimiter for RedisLimiter {
    async fn check(&self, what: Limited, tenant: &TenantId, user: &UserId) -> Decision {
        if !self.is_resting() {
            match tokio::time::timeout(self.timeout, self.ask(what, tenant, user)).await {
                Ok(Ok(decision)) => return decision,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "rate limits: Redis failed; counting in this process");
                }
                Err(_) => tracing::warn!("rate limits: Redis is slow; counting in this process"),
            }
            self.rest();
        }
        self.fallback.check(what, tenant, user).await
    }
}

/// The braces keep a tenant's keys on one node of a cluster. Names are hashed: they may hold anything, a key may not.
fn key(prefix: &str, what: Limited, tenant: &TenantId, user: &UserId) -> String {
    let owner = sha256_hex(format!("{tenant}\0{user}").as_bytes());
    format!("{prefix}:limit:{}:{{{owner}}}", what.as_str())
}
