//! A worker dies in the middle of its steps, and another finishes them.

use std::time::Duration;

use entity::enums::AttemptOutcome;
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};

use crate::{
    crowd::Crowd,
    fleet::{Fleet, LEASE_SECONDS, Member},
    invariants::{self, World},
    load::PlannedTask,
    outside::work::Work,
    run::{ALONE, look, wait_for_the_end},
    tally::Tally,
};

/// Tasks of one slow step each. As many as one worker takes.
const TASKS: usize = 6;

/// What a loaded machine may add to a takeover.
const SLACK: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_dies_in_mid_step_is_taken_over_when_its_lease_is_over() {
    let _alone = ALONE.lock().await;
    let tally = Tally::default();
    let fleet = Fleet::start(1, 2, &tally).await;
    let crowd = Crowd::of(&fleet);
    let [victim, heir] = &fleet.workers()[..] else {
        panic!("two workers")
    };
    // Everything goes to the victim while the heir cannot look for work.
    heir.signal("STOP").await;
    let tasks = (0..TASKS)
        .map(|number| PlannedTask::at_once(number, &[Work::Ponder]))
        .collect();
    let submitted = crowd.submit_all(tasks);
    until(|| fleet.outside.log.model_calls().len() == TASKS).await;
    victim.retire();
    let died = database_time(&fleet).await;
    heir.signal("CONT").await;
    let accepted = submitted.join_all().await;
    wait_for_the_end(&fleet, &accepted).await;
    let watched = crowd.leave().await;
    let world = look(&fleet, &crowd.api, accepted, watched).await;
    invariants::check(&world).unwrap();
    let mut waits: Vec<i64> = Vec::new();
    for step in world.steps.iter().filter(|step| World::work(step).is_some()) {
        let [lost, won] = world.attempts_of(step.id) else {
            panic!("not two attempts: {:?}", world.attempts_of(step.id));
        };
        assert_eq!(
            (lost.outcome, won.outcome),
            (AttemptOutcome::Expired, AttemptOutcome::Completed)
        );
        assert_ne!(lost.worker_id, won.worker_id);
        waits.push(won.started_at.0 - died);
    }
    assert_eq!(waits.len(), TASKS);
    asked_by_both(&fleet, victim, heir);
    waits.sort_unstable();
    println!("taken over after {waits:?} ms with a lease of {LEASE_SECONDS} s");
    let promised = Duration::from_secs(LEASE_SECONDS + 1);
    let longest = Duration::from_millis(waits[TASKS - 1].unsigned_abs());
    assert!(longest < promised + SLACK, "taken over only after {longest:?}");
}

/// Each question was asked once by the one that died, and once more by the one that finished.
fn asked_by_both(fleet: &Fleet, victim: &Member, heir: &Member) {
    let asked = fleet.outside.log.model_calls();
    let by = |member: &Member| asked.iter().filter(|call| call.caller == member.name).count();
    assert_eq!((by(victim), by(heir)), (TASKS, TASKS), "{asked:?}");
}

/// The moment by the clock that leases go by, in milliseconds.
async fn database_time(fleet: &Fleet) -> i64 {
    let database = Database::connect(fleet.postgres.url()).await.unwrap();
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now";
    let row = database
        .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await
        .unwrap()
        .unwrap();
    row.try_get("", "now").unwrap()
}

async fn until(holds: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(tokio::time::Instant::now() < deadline, "it did not come to that");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
