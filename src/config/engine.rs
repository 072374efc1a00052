//! `[engine]`: how workers claim and run steps.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{Invalid, within};

pub(super) const VARIABLES: &[(&str, &str)] = &[("ORCHESTRATOR_CONCURRENCY", "engine.concurrency")];

/// Claims, leases and retries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineConfig {
    /// Steps a worker process runs at once, 1 to 1024. Default 16. Read from `ORCHESTRATOR_CONCURRENCY`.
    pub concurrency: usize,
    /// Most steps claimed in one statement. Default 16.
    pub claim_batch: u32,
    /// How long a claim holds without a heartbeat, in seconds. Default 30.
    pub lease_seconds: u64,
    /// Time between heartbeats, in seconds; less than half of the lease. Default 5.
    pub heartbeat_seconds: u64,
    /// How often to look for work when no doorbell rings, in milliseconds. Default 500.
    pub poll_ms: u64,
    /// Attempts of a step before it fails. Default 3.
    pub max_attempts: u32,
    /// How long one attempt may take, in seconds. Default 600.
    pub step_timeout_seconds: u64,
    /// Pause before the second attempt, in milliseconds; it doubles from there. Default 500.
    pub retry_base_ms: u64,
    /// Longest pause between attempts, in milliseconds. Default 60000.
    pub retry_max_ms: u64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            concurrency: 16,
            claim_batch: 16,
            lease_seconds: 30,
            heartbeat_seconds: 5,
            poll_ms: 500,
            max_attempts: 3,
            step_timeout_seconds: 600,
            retry_base_ms: 500,
            retry_max_ms: 60_000,
        }
    }
}

impl EngineConfig {
    /// How long a claim holds without a heartbeat.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    /// Time between heartbeats.
    pub fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds)
    }

    /// How often to look for work when no doorbell rings.
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    /// How long one attempt may take.
    pub fn step_timeout(&self) -> Duration {
        Duration::from_secs(self.step_timeout_seconds)
    }

    /// Pause before the second attempt.
    pub fn retry_base(&self) -> Duration {
        Duration::from_millis(self.retry_base_ms)
    }

    /// Longest pause between attempts.
    pub fn retry_max(&self) -> Duration {
        Duration::from_millis(self.retry_max_ms)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        within("engine.concurrency", self.concurrency, 1..=1_024)?;
        within("engine.claim_batch", self.claim_batch, 1..=1_024)?;
        within("engine.lease_seconds", self.lease_seconds, 3..=3_600)?;
        within("engine.heartbeat_seconds", self.heartbeat_seconds, 1..=1_800)?;
        within("engine.poll_ms", self.poll_ms, 10..=60_000)?;
        within("engine.max_attempts", self.max_attempts, 1..=100)?;
        within(
            "engine.step_timeout_seconds",
            self.step_timeout_seconds,
            1..=86_400,
        )?;
        within("engine.retry_base_ms", self.retry_base_ms, 1..=3_600_000)?;
        within("engine.retry_max_ms", self.retry_max_ms, 1..=86_400_000)?;
        // Two missed heartbeats must not cost a live worker its step.
        if self.heartbeat_seconds * 2 >= self.lease_seconds {
            let lease = self.lease_seconds;
            let expected = format!("less than half of `engine.lease_seconds`, which is {lease}");
            return Err(Invalid::new("engine.heartbeat_seconds", expected));
        }
        if self.retry_base_ms > self.retry_max_ms {
            let max = self.retry_max_ms;
            let expected = format!("no more than `engine.retry_max_ms`, which is {max}");
            return Err(Invalid::new("engine.retry_base_ms", expected));
        }
        Ok(())
    }
}
