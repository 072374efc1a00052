//! Processes that die, freeze, or are told to go.

use std::{sync::Arc, time::Duration};

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

use super::{one_of, seconds};
use crate::{
    fleet::{Fleet, LEASE_SECONDS, Member},
    outside::{CallPoint, CallTrap, traps::Sort},
};

/// How long a process may take to come back after it was told to go.
const RESTART: Duration = Duration::from_secs(15);

pub(super) fn kill(member: &Arc<Member>) {
    member.kill();
}

pub(super) fn kill_at_call(fleet: &Fleet, random: &mut StdRng) {
    let worker = one_of(&fleet.workers(), random);
    let trap = CallTrap {
        sort: if random.random_bool(0.6) {
            Sort::Tool
        } else {
            Sort::Model
        },
        after: random.random_range(0..3),
        point: *CallPoint::ALL.choose(random).unwrap(),
    };
    fleet.outside.arm(&worker.name, trap);
}

/// A time after which others have taken over what was held.
pub(super) fn past_the_lease(random: &mut StdRng) -> Duration {
    Duration::from_secs(LEASE_SECONDS) + seconds(0.5..2.5, random)
}

pub(super) async fn freeze(member: &Arc<Member>, span: Duration) {
    member.signal("STOP").await;
    tokio::time::sleep(span).await;
    member.signal("CONT").await;
}

/// One after the other, each back before the next goes.
pub async fn restart_in_turn(fleet: &Fleet) {
    for member in &fleet.members {
        restart(member).await;
    }
}

/// Tells a process to go and waits, for a while, until its successor is there.
pub async fn restart(member: &Arc<Member>) {
    let before = member.life();
    member.signal("TERM").await;
    let back = async {
        while member.life() == before || !member.is_ready().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // Other faults may keep it away for longer.
    let _ = tokio::time::timeout(RESTART, back).await;
}
