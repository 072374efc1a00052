//! Redis killed, paused, flushed and started again: the limits hold in each process, and nobody waits for long.

use std::time::{Duration, Instant};

use super::{beside, limit, retry_after_ms, search};
use crate::support::{OwnRedis, Stack, TestApp};

const BURST: u32 = 3;

/// An app on Postgres with a Redis of the test's own.
async fn app_on(redis: &OwnRedis) -> TestApp {
    TestApp::start_with(Stack::Postgres, |config| {
        config.redis.url = Some(redis.url().parse().unwrap());
        limit(config, 1, BURST);
    })
    .await
}

/// How many of ten searches are let in; each must be answered soon.
async fn granted(app: &TestApp, user: &str) -> u32 {
    let mut granted = 0;
    for _ in 0..10 {
        let start = Instant::now();
        granted += u32::from(retry_after_ms(&search(&app.client, user).await).is_none());
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "a search took {:?}",
            start.elapsed()
        );
    }
    granted
}

/// Asks for ever new users until Redis has counted one of them, which another app on it can tell.
async fn counted_in_redis_again(one: &TestApp, other: &TestApp, round: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    for number in 0.. {
        let user = format!("{round}-{number}");
        if granted(one, &user).await == BURST && granted(other, &user).await == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "the apps do not count in Redis");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_is_away_each_process_counts_for_itself() {
    let mut redis = OwnRedis::start().await;
    let one = app_on(&redis).await;
    let other = beside(&one).await;
    counted_in_redis_again(&one, &other, "first").await;

    redis.kill().await;
    for app in [&one, &other] {
        assert_eq!(granted(app, "ada").await, BURST);
        assert_eq!(granted(app, "ada").await, 0, "the local limit holds");
    }
    redis.start_again().await;
    counted_in_redis_again(&one, &other, "restarted").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_answers_nothing_holds_nobody_up() {
    let redis = OwnRedis::start().await;
    let app = app_on(&redis).await;
    assert_eq!(granted(&app, "ada").await, BURST);
    redis.pause().await;
    assert_eq!(granted(&app, "bob").await, BURST);
    redis.go_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flushed_redis_forgets_counts_and_scripts_and_nothing_breaks() {
    let redis = OwnRedis::start().await;
    let app = app_on(&redis).await;
    assert_eq!(granted(&app, "ada").await, BURST);
    redis.flush().await;
    assert_eq!(granted(&app, "ada").await, BURST);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_was_never_there_is_survived_too() {
    let mut redis = OwnRedis::start().await;
    redis.kill().await;
    let app = app_on(&redis).await;
    assert_eq!(granted(&app, "ada").await, BURST);
    let id = app.submit("ada", "What is 1 + 1?").await;
    assert_eq!(app.finished(&id).await["status"], "COMPLETED");
}
