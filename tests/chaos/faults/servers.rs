//! Redis, gone or silent for everybody.

use std::time::Duration;

use crate::{fleet::Fleet, proxy::Mode};

pub(super) async fn kill_redis(fleet: &Fleet, span: Duration) {
    fleet.redis.kill();
    tokio::time::sleep(span).await;
    fleet.redis.ensure_up().await;
}

pub(super) async fn blackhole_redis(fleet: &Fleet, span: Duration) {
    for member in &fleet.members {
        member.redis.set(Mode::Blackhole);
    }
    tokio::time::sleep(span).await;
    for member in &fleet.members {
        member.redis.set(Mode::Pass);
    }
}
