//! One table of decisions that every limiter follows.

use std::time::Duration;

use agent_orchestrator::limits::{Decision, Limited, LocalLimiter, Quota, Quotas, RateLimiter, RedisLimiter};
use entity::values::{TenantId, UserId};
use tokio::time::{Instant, sleep_until};

/// A cell every two seconds.
const QUOTA: Quota = Quota {
    per_minute: 30,
    burst: 3,
};

/// Seconds after the start, who asks for what, and whether it is allowed. The next cells are due a second before or
/// after each moment, so a slow machine decides alike.
const TABLE: [(u64, &str, &str, Limited, bool); 20] = [
    (0, "acme", "ada", Limited::SubmitTask, true),
    (0, "acme", "ada", Limited::SubmitTask, true),
    (0, "acme", "ada", Limited::SubmitTask, true),
    (0, "acme", "ada", Limited::SubmitTask, false),
    (0, "acme", "ada", Limited::SubmitTask, false),
    (0, "acme", "bob", Limited::SubmitTask, true),
    (0, "other", "ada", Limited::SubmitTask, true),
    (0, "acm", "eada", Limited::SubmitTask, true),
    (0, "acme", "ada", Limited::SearchMemory, true),
    (0, "acme", "ada", Limited::SearchMemory, true),
    (0, "acme", "ada", Limited::SearchMemory, true),
    (0, "acme", "ada", Limited::SearchMemory, false),
    (3, "acme", "ada", Limited::SubmitTask, true),
    (3, "acme", "ada", Limited::SubmitTask, false),
    (7, "acme", "ada", Limited::SubmitTask, true),
    (7, "acme", "ada", Limited::SubmitTask, true),
    (7, "acme", "ada", Limited::SubmitTask, false),
    (7, "acme", "bob", Limited::SubmitTask, true),
    (7, "acme", "bob", Limited::SubmitTask, true),
    (7, "acme", "bob", Limited::SubmitTask, true),
];

fn both(quota: Option<Quota>) -> Quotas {
    Quotas {
        submit_task: quota,
        search_memory: quota,
    }
}

fn on_redis(quotas: Quotas) -> RedisLimiter {
    let url = std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL is set by `make test`");
    let prefix = format!("t_{}", uuid::Uuid::now_v7().simple());
    RedisLimiter::new(&url, prefix, Duration::from_secs(5), quotas).unwrap()
}

async fn decide(limiter: &dyn RateLimiter, tenant: &str, user: &str, what: Limited) -> Decision {
    limiter
        .check(what, &TenantId(tenant.to_owned()), &UserId(user.to_owned()))
        .await
}

async fn follows_the_table(limiter: &dyn RateLimiter) {
    let start = Instant::now();
    for (row, (second, tenant, user, what, allowed)) in TABLE.into_iter().enumerate() {
        sleep_until(start + Duration::from_secs(second)).await;
        match decide(limiter, tenant, user, what).await {
            Decision::Allowed => assert!(allowed, "row {row} was allowed"),
            Decision::Denied { retry_after } => {
                assert!(!allowed, "row {row} was denied for {retry_after:?}");
                assert!(
                    retry_after > Duration::ZERO && retry_after <= Duration::from_secs(2),
                    "{retry_after:?}"
                );
            }
        }
    }
}

async fn allows_everything(limiter: &dyn RateLimiter) {
    for _ in 0..100 {
        assert_eq!(
            decide(limiter, "acme", "ada", Limited::SubmitTask).await,
            Decision::Allowed
        );
    }
}

/// The extremes a configuration may have.
async fn bears_extremes(limiter_of: impl Fn(Quotas) -> Box<dyn RateLimiter>) {
    let slowest = limiter_of(both(Some(Quota {
        per_minute: 1,
        burst: 1_000_000,
    })));
    assert_eq!(
        decide(slowest.as_ref(), "acme", "ada", Limited::SubmitTask).await,
        Decision::Allowed
    );
    let single = limiter_of(both(Some(Quota {
        per_minute: 1,
        burst: 1,
    })));
    assert_eq!(
        decide(single.as_ref(), "acme", "ada", Limited::SubmitTask).await,
        Decision::Allowed
    );
    match decide(single.as_ref(), "acme", "ada", Limited::SubmitTask).await {
        Decision::Denied { retry_after } => {
            let range = Duration::from_secs(50)..=Duration::from_secs(60);
            assert!(range.contains(&retry_after), "{retry_after:?}");
        }
        Decision::Allowed => panic!("the burst is 1"),
    }
    let fastest = limiter_of(both(Some(Quota {
        per_minute: 1_000_000,
        burst: 1_000_000,
    })));
    allows_everything(fastest.as_ref()).await;
}

#[tokio::test]
async fn the_local_limiter_follows_the_table() {
    follows_the_table(&LocalLimiter::new(&both(Some(QUOTA)))).await;
}

#[tokio::test]
async fn the_redis_limiter_follows_the_table() {
    follows_the_table(&on_redis(both(Some(QUOTA)))).await;
}

#[tokio::test]
async fn without_a_quota_both_allow_everything() {
    allows_everything(&LocalLimiter::new(&both(None))).await;
    allows_everything(&on_redis(both(None))).await;
}

#[tokio::test]
async fn both_bear_the_extremes_of_the_configuration() {
    bears_extremes(|quotas| Box::new(LocalLimiter::new(&quotas))).await;
    bears_extremes(|quotas| Box::new(on_redis(quotas))).await;
}
