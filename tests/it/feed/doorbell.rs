//! The Redis doorbell itself: each ring once, however long it was quiet before.

use std::time::Duration;

use agent_orchestrator::feed::{
    RedisDoorbell, RedisLaneSettings,
    doorbell::{Doorbell, Ring},
};
use entity::{ids::TaskId, values::TenantId};
use tokio::sync::broadcast::error::TryRecvError;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A doorbell that is connected, and what keeps it so.
async fn doorbell(prefix: &str, origin: &str) -> (RedisDoorbell, DropGuard) {
    let stop = CancellationToken::new();
    let settings = RedisLaneSettings {
        url: std::env::var("TEST_REDIS_URL").expect("run the tests with `make test`"),
        prefix: prefix.to_owned(),
        timeout: Duration::from_secs(2),
        origin: origin.to_owned(),
    };
    let doorbell = RedisDoorbell::start(settings, &stop).unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !doorbell.is_connected() {
        assert!(
            tokio::time::Instant::now() < deadline,
            "the doorbell does not connect"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (doorbell, stop.drop_guard())
}

fn ring(seq: i64) -> Ring {
    Ring {
        tenant: TenantId("t".to_owned()),
        task: TaskId::generate(),
        seq,
        ready: true,
        cancelled: false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ring_is_heard_once_by_everyone_of_the_deployment_and_by_nobody_else() {
    let prefix = TaskId::generate().to_string();
    let (here, _here) = doorbell(&prefix, "here").await;
    let (there, _there) = doorbell(&prefix, "there").await;
    let (elsewhere, _elsewhere) = doorbell(&format!("{prefix}-2"), "elsewhere").await;
    let (mut near, mut far, mut strange) = (here.listen(), there.listen(), elsewhere.listen());
    // Longer than a subscription is silent before it is probed: probing must not double what comes after.
    tokio::time::sleep(Duration::from_millis(4_500)).await;
    let rings: Vec<Ring> = (1..=20).map(ring).collect();
    for ring in &rings {
        here.ring(ring.clone()).await;
    }
    for expected in &rings {
        assert_eq!(near.recv().await.unwrap(), *expected);
        let heard = tokio::time::timeout(Duration::from_secs(10), far.recv())
            .await
            .expect("nothing was heard");
        assert_eq!(heard.unwrap(), *expected);
    }
    // What comes back the other way is heard last, so nothing doubled is still on its way.
    let last = ring(99);
    there.ring(last.clone()).await;
    assert_eq!(
        tokio::time::timeout(Duration::from_secs(10), near.recv())
            .await
            .unwrap()
            .unwrap(),
        last
    );
    assert_eq!(far.recv().await.unwrap(), last);
    for listener in [&mut near, &mut far, &mut strange] {
        assert_eq!(listener.try_recv(), Err(TryRecvError::Empty));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_takes_the_connection_and_says_nothing_is_tried_again() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    let settings = RedisLaneSettings {
        url: format!("redis://{}", silent.local_addr().unwrap()),
        prefix: "p".to_owned(),
        timeout: Duration::from_secs(2),
        origin: "here".to_owned(),
    };
    let doorbell = RedisDoorbell::start(settings, &stop).unwrap();
    let mut held = Vec::new();
    for connection in 1..=2 {
        let accepted = tokio::time::timeout(Duration::from_secs(15), silent.accept()).await;
        held.push(accepted.unwrap_or_else(|_| panic!("connection {connection} is not tried")));
    }
    assert!(!doorbell.is_connected());
}
