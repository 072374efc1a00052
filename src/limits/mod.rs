//! Rate limits per user: one port, two ways to count.
//!
//! Both follow the generic cell rate algorithm (GCRA): a limit is a sustained rate and a burst, and a refusal says how
//! long to wait. To limit something new: a variant of [`Limited`] and its section in `src/config/limits.rs`.
//!
//! May use: `domain`.

use std::time::Duration;

use async_trait::async_trait;
use entity::values::{TenantId, UserId};

mod local;
mod redis;

pub use local::LocalLimiter;
pub use redis::RedisLimiter;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limited {
    SubmitTask,
    SearchMemory,
}

impl Limited {
    /// The name in keys and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SubmitTask => "submit_task",
            Self::SearchMemory => "search_memory",
        }
    }
}

/// How often something may be done by one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub per_minute: u32,
    /// How many may come at once after a rest.
    pub burst: u32,
}

/// What each user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// None: not limited.
    pub submit_task: Option<Quota>,
    pub search_memory: Option<Quota>,
}

impl Quotas {
    /// The quota of one thing.
    pub fn of(&self, what: Limited) -> Option<Quota> {
        match what {
            Limited::SubmitTask => self.submit_task,
            Limited::SearchMemory => self.search_memory,
        }
    }
}

/// Whether a request may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// Not before this long.
    Denied {
        retry_after: Duration,
    },
}

/// Counts.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Takes one from the user's allowance.
    async fn check(&self, what: Limited, tenant: &TenantId, user: &UserId) -> Decision;
}
