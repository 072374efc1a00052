//! `[redis]`: the doorbell and the rate limits of a fleet.

use std::{str::FromStr, time::Duration};

use serde::{Deserialize, Serialize, Serializer};

use super::{
    error::{Invalid, within},
    secret::{SecretUrl, UrlError},
    values::optional,
};

pub(super) const VARIABLES: &[(&str, &str)] = &[("REDIS_URL", "redis.url")];

/// Where Redis is. Without it, processes ring and limit on their own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// `redis://:PASSWORD@HOST:PORT/DB`, `rediss://…` (TLS) or `unix:///PATH`. Not set: no Redis.
    /// Read from `REDIS_URL`.
    #[serde(deserialize_with = "optional")]
    pub url: Option<RedisUrl>,
    /// What keys and channels begin with: deployments that share a Redis take different ones.
    /// Default `agent-orchestrator`.
    pub prefix: String,
    /// How long a command may take before this process goes on without Redis, in milliseconds. Default 250.
    pub timeout_ms: u64,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            url: None,
            prefix: "agent-orchestrator".to_owned(),
            timeout_ms: 250,
        }
    }
}

impl RedisConfig {
    /// How long a command may take.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        if !(1..=64).contains(&self.prefix.len()) || !self.prefix.bytes().all(fits) {
            return Err(Invalid::new(
                "redis.prefix",
                "1 to 64 ASCII letters, digits and the characters - _ . :",
            ));
        }
        within("redis.timeout_ms", self.timeout_ms, 1..=60_000)
    }
}

/// The URL of a Redis server, its password hidden.
#[derive(Clone, Debug)]
pub struct RedisUrl(SecretUrl);

impl RedisUrl {
    /// The URL with its password.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl FromStr for RedisUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let schemes = ["redis", "rediss", "unix", "redis+unix"];
        SecretUrl::parse(
            text,
            &schemes,
            "`redis://HOST:PORT/DB`, `rediss://…` or `unix:///PATH`",
        )
        .map(Self)
    }
}

impl Serialize for RedisUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
