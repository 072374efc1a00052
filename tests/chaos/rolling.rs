//! An upgrade under load: three processes restarted one after the other, and nobody notices.

use std::time::Duration;

use entity::enums::{AttemptOutcome, TaskStatus};

use crate::{
    crowd::Crowd,
    faults::processes::restart_in_turn,
    fleet::{Fleet, Roles},
    invariants,
    load::PlannedTask,
    outside::work::Work,
    run::{ALONE, look, wait_for_the_end},
    tally::Tally,
};

/// Tasks that come while processes go and come back.
const TASKS: usize = 30;

/// Time over which they come.
const SPREAD: Duration = Duration::from_secs(9);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_under_load_loses_and_repeats_nothing() {
    let _alone = ALONE.lock().await;
    let tally = Tally::default();
    let fleet = Fleet::start_with(&[Roles::Both; 3], &tally).await;
    let crowd = Crowd::of(&fleet);
    let submitted = crowd.submit_all((0..TASKS).map(task).collect());
    tokio::time::sleep(Duration::from_millis(500)).await;
    restart_in_turn(&fleet).await;
    assert!(
        fleet.members.iter().all(|member| member.life() == 2),
        "not every process was restarted"
    );
    let accepted = submitted.join_all().await;
    wait_for_the_end(&fleet, &accepted).await;
    let watched = crowd.leave().await;
    let world = look(&fleet, &crowd.api, accepted, watched).await;
    invariants::check(&world).unwrap();
    assert!(
        world
            .tasks
            .iter()
            .all(|task| task.status == TaskStatus::Completed)
    );
    for step in &world.steps {
        // A step that outlasts the drain is given back; that is no attempt, and no lease runs out.
        let expired = world
            .attempts_of(step.id)
            .iter()
            .any(|attempt| attempt.outcome == AttemptOutcome::Expired);
        assert!(
            step.attempts == 1 && !expired,
            "{step:?}: {:?}",
            world.attempts_of(step.id)
        );
    }
    invariants::tampering::are_noticed(&world);
    let ended = tally.all();
    assert_eq!(ended.get("process end: exit code 0"), Some(&3), "{ended:?}");
}

fn task(number: usize) -> PlannedTask {
    let work: &[Work] = match number % 3 {
        0 => &[Work::Ponder],
        1 => &[Work::Think, Work::Think],
        _ => &[Work::Trade],
    };
    PlannedTask {
        at: SPREAD * u32::try_from(number).unwrap() / u32::try_from(TASKS).unwrap(),
        ..PlannedTask::at_once(number, work)
    }
}
