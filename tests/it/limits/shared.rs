//! Processes on one Redis share one limit.

use std::time::Instant;

use super::{beside, limit, retry_after_ms, search, submit};
use crate::support::{Answer, Client, Process, Stack, TestApp};
use agent_orchestrator::config::Config;

const BURST: u32 = 10;
const PER_MINUTE: u32 = 60;

/// Waits for Redis as long as it takes: an app that gives it up counts on its own, and a busy machine is slow at times.
/// What happens then is tested in `redis_away`.
fn patient(config: &mut Config) {
    config.redis.timeout_ms = 60_000;
}

async fn one_search_a_minute() -> TestApp {
    TestApp::start_with(Stack::Postgres, |config| {
        limit(config, 1, 1);
        patient(config);
    })
    .await
}

async fn two_apps() -> (TestApp, TestApp) {
    let one = TestApp::start_with(Stack::Postgres, |config| {
        limit(config, PER_MINUTE, BURST);
        patient(config);
    })
    .await;
    let other = beside(&one).await;
    (one, other)
}

/// Eight clients of two processes ask ten times each; how many were let in, and how long it took.
async fn stampede<F>(clients: [&Client; 2], ask: impl Fn(Client) -> F) -> (u32, Instant)
where
    F: Future<Output = Answer> + Send + 'static,
{
    let start = Instant::now();
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..80 {
        asking.spawn(ask(clients[number % 2].clone()));
    }
    let answers = asking.join_all().await;
    let granted = answers
        .iter()
        .filter(|answer| retry_after_ms(answer).is_none())
        .count();
    (u32::try_from(granted).unwrap(), start)
}

fn assert_shared(granted: u32, start: Instant) {
    let refilled = u32::try_from(start.elapsed().as_secs()).unwrap() * PER_MINUTE / 60 + 1;
    assert!(
        (BURST..=BURST + refilled).contains(&granted),
        "{granted} granted, {refilled} refilled"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_apps_grant_together_what_one_would() {
    let (one, other) = two_apps().await;
    let clients = [&one.client, &other.client];
    let (granted, start) = stampede(clients, |client| async move { search(&client, "ada").await }).await;
    assert_shared(granted, start);
    let (granted, start) = stampede(clients, |client| async move { submit(&client, "ada").await }).await;
    assert_shared(granted, start);
    for app in [&one, &other] {
        assert_eq!(retry_after_ms(&search(&app.client, "bob").await), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_counts_with_the_first() {
    // The process has the built-in limits: 40 searches at once.
    let app = TestApp::start_with(Stack::Postgres, patient).await;
    let process = Process::beside(&app, "api").await;
    let clients = [&app.client, &process.client];
    let (granted, start) = stampede(clients, |client| async move { search(&client, "ada").await }).await;
    let refilled = u32::try_from(start.elapsed().as_secs()).unwrap() * 2 + 2;
    assert!((40..=40 + refilled).contains(&granted), "{granted} granted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deployments_with_other_prefixes_do_not_share() {
    let one = one_search_a_minute().await;
    let other = one_search_a_minute().await;
    for app in [&one, &other] {
        assert_eq!(retry_after_ms(&search(&app.client, "ada").await), None);
        assert!(retry_after_ms(&search(&app.client, "ada").await).is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_does_not_refill_what_redis_counts() {
    let app = one_search_a_minute().await;
    assert_eq!(retry_after_ms(&search(&app.client, "ada").await), None);
    let app = app.restart().await;
    assert!(retry_after_ms(&search(&app.client, "ada").await).is_some());
}
