//! Many writers on few tasks: events stay without a gap, and nobody locks anybody out.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use agent_orchestrator::store::{
    Store, StoreError,
    calls::Reservation,
    ledger::{CostDimension, CostFilter},
    steps::{Claim, Failure},
};
use entity::{
    enums::{EventKind, PlanAuthor, StepStatus, WaitReason},
    ids::TaskId,
};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::{
    LEASE, answer, claim, llm_call, new_task, output, plan, planned, read, scope, tool_call, without_worker,
};
use crate::support::both_stacks;
use agent_orchestrator::domain::lifecycle::Lifecycle;

/// How long the store is hammered.
const STORM: Duration = Duration::from_secs(3);

async fn numbers_have_no_gap(store: &Store, task: TaskId) {
    let mut numbers = Vec::new();
    loop {
        let after = numbers.last().copied().unwrap_or_default();
        let page = store.events_after(task, after, 500).await.unwrap();
        if page.is_empty() {
            break;
        }
        numbers.extend(page.iter().map(|event| event.seq));
    }
    assert_eq!(
        numbers,
        (1..=read(store, task).await.event_seq).collect::<Vec<_>>()
    );
}

both_stacks! {
    async fn eight_writers_on_one_task_number_its_events_without_a_gap(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let steps: Vec<(&str, &[&str])> = keys.iter().map(|key| (*key, [].as_slice())).collect();
        let task = planned(&store, new_task(), &steps).await;
        let claims = claim(&store, 8, LEASE).await;
        assert_eq!(claims.len(), 8);
        let writers = claims.into_iter().map(|held| {
            let store = store.clone();
            tokio::spawn(async move {
                for ordinal in 0..15 {
                    store.refuse_tool_call(&held, &tool_call(ordinal), "TEST", "no").await.unwrap();
                }
                store.complete_step(&held, output("done")).await.unwrap();
            })
        });
        for writer in join_all(writers).await {
            writer.unwrap();
        }
        numbers_have_no_gap(&store, task).await;
        let events = store.events_after(task, 0, 500).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.kind == EventKind::ToolCallSettled).count(), 8 * 15);
        assert_eq!(events.last().unwrap().kind, EventKind::TaskCompleted);
    }

    async fn a_storm_of_claims_ends_cancels_and_rescues_meets_no_error(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let mut tasks = Vec::new();
        for _ in 0..4 {
            tasks.push(planned(&store, new_task(), &[("a", &[]), ("b", &[]), ("c", &["a", "b"]), ("d", &["c"])]).await);
            // The next task's planning step must be the only ready one.
            park_all(&store).await;
        }
        for task in &tasks {
            store.cancel_task(&scope(), *task).await.unwrap();
            store.retry_task(&scope(), *task).await.unwrap();
        }
        let done = Arc::new(AtomicU64::new(0));
        // A busy machine gets more rounds, not a smaller storm.
        for _ in 0..5 {
            let until = Instant::now() + STORM;
            let mut storm = Vec::new();
            for at in 0..6 {
                storm.push(tokio::spawn(work(store.clone(), at, until, Arc::clone(&done))));
            }
            storm.push(tokio::spawn(rescue(store.clone(), until)));
            storm.push(tokio::spawn(steer(store.clone(), tasks.clone(), until)));
            for part in join_all(storm).await {
                part.unwrap();
            }
            if done.load(Ordering::Relaxed) > 20 {
                break;
            }
        }
        assert!(done.load(Ordering::Relaxed) > 20, "the storm did next to nothing");
        for task in tasks {
            numbers_have_no_gap(&store, task).await;
            open_steps_are_counted_right(&store, task).await;
        }
    }
}

async fn park_all(store: &Store) {
    for held in claim(store, 16, LEASE).await {
        store
            .park_step(&held, WaitReason::Budget, None, "later")
            .await
            .unwrap();
    }
}

async fn open_steps_are_counted_right(store: &Store, task: TaskId) {
    let row = read(store, task).await;
    let steps = store.steps_of_tasks(&scope(), &[task]).await.unwrap();
    let open = steps.iter().filter(|step| !step.status.is_final()).count();
    assert_eq!(row.open_steps, i32::try_from(open).unwrap(), "{steps:#?}");
    assert_eq!(row.status.is_final(), open == 0);
    let sums = store
        .costs(
            &scope(),
            &CostFilter {
                task: Some(task),
                ..CostFilter::default()
            },
            &[CostDimension::Task],
        )
        .await
        .unwrap();
    assert_eq!(row.cost_nanos.0, sums.first().map_or(0, |sum| sum.amount_nanos));
    if !steps.iter().any(|step| step.status == StepStatus::Running) {
        assert_eq!(row.reserved_nanos.0, 0);
    }
}

/// A worker that claims for next to no time, so that others take its steps from under it.
async fn work(store: Store, at: u64, until: Instant, done: Arc<AtomicU64>) {
    let mut round = at;
    while Instant::now() < until {
        round += 1;
        let lease = Duration::from_millis([0, 2, 5_000][usize::try_from(round % 3).unwrap()]);
        let claims = store
            .claim_steps(&format!("w{at}"), 1 + round % 3, lease)
            .await
            .unwrap()
            .claims;
        let pulse = store.heartbeat(&claims, lease).await.unwrap();
        let lost: HashSet<_> = pulse.lost.into_iter().collect();
        for held in claims.iter().filter(|held| !lost.contains(&held.step.id)) {
            match end(&store, held, round).await {
                Ok(()) => _ = done.fetch_add(1, Ordering::Relaxed),
                Err(StoreError::Fenced(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

async fn end(store: &Store, held: &Claim, round: u64) -> Result<(), StoreError> {
    if held.step.key == "plan" {
        return store
            .complete_planning(held, &plan(&[("z", &[])]), PlanAuthor::User)
            .await
            .map(drop);
    }
    // Ordinals are never used twice in a step, as in a conversation.
    let ordinal = i32::try_from(held.step.epoch * 10).unwrap();
    if let Reservation::Granted(id) = store.reserve_llm_call(held, &llm_call(ordinal, Some(5))).await? {
        store.settle_llm_call(held, id, answer(Some(3))).await?;
    }
    let failure = Failure {
        code: "TEST".to_owned(),
        message: "no".to_owned(),
        retry_in: Some(Duration::ZERO),
        replayable: true,
    };
    match round % 6 {
        0 => store.fail_step(held, &failure).await.map(drop),
        1 => store.release_step(held).await.map(drop),
        2 => store
            .fail_step(
                held,
                &Failure {
                    retry_in: None,
                    replayable: true,
                    ..failure
                },
            )
            .await
            .map(drop),
        _ => store.complete_step(held, output("done")).await.map(drop),
    }
}

async fn rescue(store: Store, until: Instant) {
    while Instant::now() < until {
        store.rescue_steps(100).await.unwrap();
        tokio::task::yield_now().await;
    }
}

/// A person who cannot make up their mind.
async fn steer(store: Store, tasks: Vec<TaskId>, until: Instant) {
    let mut at = 0;
    while Instant::now() < until {
        at += 1;
        let task = tasks[at % tasks.len()];
        if at % 5 == 0 {
            store.cancel_task(&scope(), task).await.unwrap();
        }
        store.retry_task(&scope(), task).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
