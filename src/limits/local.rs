//! Limits counted in this process, by `governor`.

use std::{num::NonZeroU32, sync::Arc};

use async_trait::async_trait;
use entity::values::{TenantId, UserId};
use governor::{
    DefaultKeyedRateLimiter, Quota as GovernorQuota,
    clock::{Clock, DefaultClock},
};

use super::{Decision, Limited, Quota, Quotas, RateLimiter};

/// Users remembered before those at rest are dropped.
const SWEEP_AT: usize = 10_000;

type Keyed = DefaultKeyedRateLimiter<(TenantId, UserId)>;

/// Counts for this process alone.
#[derive(Clone)]
pub struct LocalLimiter {
    submit_task: Option<Arc<Keyed>>,
    search_memory: Option<Arc<Keyed>>,
    clock: DefaultClock,
}

impl LocalLimiter {
    /// A limiter with nothing counted yet.
    pub fn new(quotas: &Quotas) -> Self {
        Self {
            submit_task: quotas.submit_task.map(keyed),
            search_memory: quotas.search_memory.map(keyed),
            clock: DefaultClock::default(),
        }
    }
}

fn keyed(quota: Quota) -> Arc<Keyed> {
    let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    let quota =
        GovernorQuota::per_minute(at_least_one(quota.per_minute)).allow_burst(at_least_one(quota.burst));
    Arc::new(Keyed::keyed(quota))
}

#[async_trait]
impl RateLimiter for LocalLimiter {
    async fn check(&self, what: Limited, tenant: &TenantId, user: &UserId) -> Decision {
        let keyed = match what {
            Limited::SubmitTask => &self.submit_task,
            Limited::SearchMemory => &self.search_memory,
        };
        let Some(keyed) = keyed else {
            return Decision::Allowed;
        };
        if keyed.len() > SWEEP_AT {
            keyed.retain_recent();
        }
        match keyed.check_key(&(tenant.clone(), user.clone())) {
            Ok(()) => Decision::Allowed,
            Err(denied) => Decision::Denied {
                retry_after: denied.wait_time_from(self.clock.now()),
            },
        }
    }
}
