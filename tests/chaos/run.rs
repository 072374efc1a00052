//! One run: a fleet, people, watchers, and trouble; then peace, and a look at what is left.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use tokio::{sync::Mutex, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    crowd::{Crowd, Watched},
    faults::Fault,
    fleet::Fleet,
    invariants::{self, World},
    load::{Accepted, Api, Patron, Person, PlannedTask, Stubborn},
    report::Report,
    settings::Settings,
    tally::Tally,
};

/// How long tasks may take to end once nothing is broken any more.
const SETTLING: Duration = Duration::from_secs(90);

/// Runs want the machine to themselves.
pub static ALONE: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_repeated_or_hidden_by_a_known_seed() {
    run(Settings::short(7)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_repeated_or_hidden_by_a_fresh_seed() {
    run(Settings::short(rand::random_range(0..1_000_000))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: run it with `make chaos`"]
async fn long_run() {
    run(Settings::long()).await;
}

async fn run(settings: Settings) {
    let _alone = ALONE.lock().await;
    let (began, tally) = (Instant::now(), Tally::default());
    println!("chaos run with CHAOS_SEED={}", settings.seed);
    let fleet = Arc::new(Fleet::start(settings.apis, settings.workers, &tally).await);
    let crowd = Crowd::of(&fleet);
    let mut random = StdRng::seed_from_u64(settings.seed);
    let draw = |number| PlannedTask::draw(number, settings.tasks, settings.breaking, &mut random);
    let submitted = crowd.submit_all((0..settings.tasks).map(draw).collect());
    let person = Person::new(&crowd.api, &fleet.outside.log, &tally);
    let leave = CancellationToken::new();
    let deciding = tokio::spawn(person.clone().work(leave.clone()));
    let paying = tokio::spawn(Patron::new(&crowd.api, &tally).work(leave.clone()));
    let enough = CancellationToken::new();
    let retrying = tokio::spawn(Stubborn::new(&crowd.api, &crowd.retries, &tally).work(enough.clone()));
    break_things(&fleet, settings.breaking, &mut random).await;
    fleet.heal().await;
    let accepted = submitted.join_all().await;
    enough.cancel();
    retrying.await.unwrap();
    wait_for_the_end(&fleet, &accepted).await;
    let watched = crowd.leave().await;
    leave.cancel();
    deciding.await.unwrap();
    paying.await.unwrap();
    let world = World {
        decisions: person.said(),
        ..look(&fleet, &crowd.api, accepted, watched).await
    };
    for member in &fleet.members {
        tally.add(
            "fenced writes",
            member.log().matches("fenced write refused").count() as u64,
        );
        let panics = member.log().matches("panicked at").count();
        assert_eq!(
            panics, 0,
            "with CHAOS_SEED={}: {} panicked",
            settings.seed, member.name
        );
        assert!(
            !member.log().contains("the worker broke down"),
            "with CHAOS_SEED={}: {} broke down, though nothing in it did",
            settings.seed,
            member.name
        );
    }
    let checked = invariants::check(&world);
    let held = checked.as_ref().ok().copied();
    println!(
        "{}",
        Report::new(&settings, began.elapsed(), &tally, &world, held)
    );
    if let Err(broken) = checked {
        panic!("with CHAOS_SEED={}:\n{broken}", settings.seed);
    }
}

/// Inflicts faults, some at the same time, for as long as is asked.
async fn break_things(fleet: &Arc<Fleet>, span: Duration, random: &mut StdRng) {
    let until = Instant::now() + span;
    let mut faults = JoinSet::new();
    while Instant::now() < until {
        let pause = Duration::from_millis(random.random_range(100..900));
        tokio::time::sleep(pause).await;
        let (fault, chance) = (Fault::draw(random), StdRng::seed_from_u64(random.random()));
        faults.spawn(fault.inflict(Arc::clone(fleet), chance));
    }
    faults.join_all().await;
}

/// Waits until every accepted task has ended; gives up after a time, and leaves it to the invariants to tell.
pub async fn wait_for_the_end(fleet: &Fleet, accepted: &[Accepted]) {
    let until = Instant::now() + SETTLING;
    while Instant::now() < until {
        let world = World::tasks(&fleet.postgres.url()).await;
        let ended = |accepted: &Accepted| world.iter().any(|(id, is_over)| *is_over && *id == accepted.id);
        if accepted.iter().all(ended) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Reads everything there is to check.
pub async fn look(fleet: &Fleet, api: &Api, accepted: Vec<Accepted>, watched: Watched) -> World {
    let mut world = World::read(&fleet.postgres.url()).await;
    world.asked = fleet.outside.log.model_calls();
    world.called = fleet.outside.log.tool_calls();
    for (id, _) in World::tasks(&fleet.postgres.url())
        .await
        .iter()
        .filter(|(_, is_over)| !is_over)
    {
        let query = "query($id: ID!) { explainTask(id: $id) { summary reasons { kind message } } }";
        let told = api.ask(query, &json!({ "id": id })).await.unwrap_or_default();
        world
            .explanations
            .insert(id.clone(), told["explainTask"].to_string());
    }
    World {
        accepted,
        followers: watched.followers,
        readers: watched.readers,
        ..world
    }
}
