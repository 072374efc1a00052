//! Ways to the database that are slow, silent, or cut, and commits nobody hears of.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};

use super::one_of;
use crate::{
    fleet::{Fleet, Member},
    proxy::{CommitPoint, CommitTrap, Mode},
};

/// Commits that may pass before a trap springs, at most.
const SOON: u32 = 8;

pub(super) fn kill_at_commit(fleet: &Fleet, random: &mut StdRng) {
    let member = one_of(&fleet.members, random);
    let point = *CommitPoint::ALL.choose(random).unwrap();
    let (victim, tally): (Weak<Member>, _) = (Arc::downgrade(&member), fleet.tally.clone());
    member.postgres.arm(CommitTrap {
        after: random.random_range(0..SOON),
        point,
        action: Arc::new(move || {
            tally.count(format!("kill: {}", point.name()));
            victim.upgrade().into_iter().for_each(|member| member.kill());
        }),
    });
}

pub(super) fn cut_at_commit(fleet: &Fleet, random: &mut StdRng) {
    let member = one_of(&fleet.members, random);
    let tally = fleet.tally.clone();
    member.postgres.arm(CommitTrap {
        after: random.random_range(0..SOON),
        point: CommitPoint::Unanswered,
        action: Arc::new(move || tally.count("cut: after a commit, before its answer")),
    });
}

pub(super) async fn blackhole_postgres(member: &Arc<Member>, span: Duration) {
    member.postgres.set(Mode::Blackhole);
    tokio::time::sleep(span).await;
    member.postgres.set(Mode::Pass);
}

pub(super) async fn delay_postgres(member: &Arc<Member>, delay: Duration, span: Duration) {
    member.postgres.set(Mode::Delay(delay));
    tokio::time::sleep(span).await;
    member.postgres.set(Mode::Pass);
}
