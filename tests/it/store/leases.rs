//! Leases: kept by heartbeats, taken back when they run out, and never for ever.

use std::time::Duration;

use agent_orchestrator::store::{
    Committed, Store,
    steps::{Failure, Pulse},
    tasks::NewTask,
};
use entity::{
    attempt,
    enums::{AttemptOutcome, CallStatus, EventKind, StepStatus, TaskStatus},
};
use sea_orm::EntityTrait;

use super::{
    LEASE, claim, claim_one, llm_call, new_task, output, planned, read, scope, submit, tool_call,
    without_worker,
};
use crate::support::both_stacks;

/// Takes steps back until some were: a lease of nothing runs out with the clock's next tick.
pub(super) async fn rescued(store: &Store) -> Vec<Committed> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        let rescued = store.rescue_steps(100).await.unwrap();
        if !rescued.is_empty() {
            return rescued;
        }
        assert!(tokio::time::Instant::now() < deadline, "no lease ran out");
        tokio::task::yield_now().await;
    }
}

both_stacks! {
    async fn a_heartbeat_extends_the_lease_and_says_what_is_lost_or_cancelled(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let (kept, cancelled, lost) =
            (submit(&store, new_task()).await, submit(&store, new_task()).await, submit(&store, new_task()).await);
        let claims = claim(&store, 3, Duration::from_secs(5)).await;
        let step_of = |task| claims.iter().find(|claim| claim.task.id == task).unwrap().step.id;
        store.cancel_task(&scope(), cancelled).await.unwrap();
        let ended = claims.iter().find(|claim| claim.task.id == lost).unwrap();
        store.release_step(ended).await.unwrap();
        let again = claim_one(&store).await;
        assert_eq!(again.task.id, lost);

        let pulse = store.heartbeat(&claims, LEASE).await.unwrap();
        assert_eq!(pulse, Pulse { lost: vec![step_of(lost)], cancelled: vec![step_of(cancelled)] });
        let now = store.now().await.unwrap().0;
        for (task, at_least, at_most) in [(kept, 50_000, 60_000), (cancelled, 50_000, 60_000), (lost, 50_000, 60_000)] {
            let step = store.step(&scope(), step_of(task)).await.unwrap().unwrap();
            let left = step.lease_until.unwrap().0 - now;
            assert!((at_least..=at_most).contains(&left), "{left}");
        }
        assert_eq!(store.heartbeat(&[], LEASE).await.unwrap(), Pulse::default());
    }

    async fn a_lease_that_holds_is_not_taken(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        submit(&store, new_task()).await;
        claim_one(&store).await;
        assert_eq!(store.rescue_steps(100).await.unwrap(), []);
    }

    async fn a_lost_step_is_ready_again_with_its_attempt_counted(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = submit(&store, new_task()).await;
        let lost = claim(&store, 1, Duration::ZERO).await.remove(0);
        store.reserve_llm_call(&lost, &llm_call(0, Some(10))).await.unwrap();
        let tool = store.dispatch_tool_call(&lost, &tool_call(0)).await.unwrap();
        let rescued = rescued(&store).await;
        assert_eq!((rescued.len(), rescued[0].task_id, rescued[0].ready), (1, task, true));
        let step = store.step(&scope(), lost.step.id).await.unwrap().unwrap();
        assert_eq!((step.status, step.attempts, step.worker_id), (StepStatus::Ready, 1, None));
        let attempts = store.attempts_of(&scope(), &[step.id]).await.unwrap();
        assert_eq!(attempts[0].outcome, AttemptOutcome::Expired);
        let calls = store.llm_calls_of(&scope(), &[step.id]).await.unwrap();
        assert_eq!((calls[0].status, calls[0].error_code.as_deref()), (CallStatus::Failed, Some("ABANDONED")));
        let tools = store.tool_calls_of(&scope(), &[step.id]).await.unwrap();
        assert_eq!((tools[0].id, tools[0].status), (tool, CallStatus::Dispatched), "it may be sent again");
        assert_eq!(read(&store, task).await.reserved_nanos.0, 0);
        let again = claim_one(&store).await;
        assert_eq!((again.step.epoch, again.step.attempts), (2, 2));
    }

    async fn a_step_that_cannot_be_taken_back_does_not_keep_the_others(stack: Stack) {
        let (app, store) = without_worker(stack).await;
        for _ in 0..3 {
            submit(&store, new_task()).await;
        }
        let broken = claim(&store, 1, Duration::ZERO).await.remove(0);
        let connection = app.connection().await;
        attempt::Entity::delete_by_id(broken.attempt_id).exec(&connection).await.unwrap();
        let others = claim(&store, 2, Duration::ZERO).await;
        let mut taken_back = Vec::new();
        while taken_back.len() < others.len() {
            taken_back.extend(rescued(&store).await.into_iter().map(|change| change.task_id));
        }
        assert!(others.iter().all(|other| taken_back.contains(&other.task.id)), "{taken_back:?}");
        let step = store.step(&scope(), broken.step.id).await.unwrap().unwrap();
        assert_eq!(step.status, StepStatus::Running);
    }

    async fn however_many_steps_cannot_be_taken_back_the_others_are(stack: Stack) {
        let (app, store) = without_worker(stack).await;
        for _ in 0..8 {
            submit(&store, new_task()).await;
        }
        // Of one lease, so that only their ids tell them apart.
        let broken = claim(&store, 5, Duration::ZERO).await;
        assert_eq!(broken.len(), 5);
        let connection = app.connection().await;
        for broken in &broken {
            attempt::Entity::delete_by_id(broken.attempt_id).exec(&connection).await.unwrap();
        }
        let others = claim(&store, 3, Duration::ZERO).await;
        assert_eq!(others.len(), 3);
        let all_ran_out = async || {
            let last = others[0].step.lease_until.unwrap();
            while store.now().await.unwrap() <= last {
                tokio::task::yield_now().await;
            }
        };
        all_ran_out().await;
        // Two at a time: the first pages hold none that can be taken back.
        let first = store.rescue_steps(2).await.unwrap();
        assert!((2..=3).contains(&first.len()), "{first:?}");
        let mut taken_back = first;
        if taken_back.len() < others.len() {
            taken_back.extend(store.rescue_steps(2).await.unwrap());
        }
        let tasks: Vec<_> = taken_back.iter().map(|change| change.task_id).collect();
        assert_eq!(tasks.len(), others.len());
        assert!(others.iter().all(|other| tasks.contains(&other.task.id)), "{tasks:?}");
        assert_eq!(store.rescue_steps(2).await.unwrap(), []);
    }

    async fn a_step_that_kills_its_workers_fails_with_every_reason(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = planned(&store, new_task(), &[("a", &[]), ("b", &["a"]), ("c", &[])]).await;
        let mut workers = Vec::new();
        for at in 0..3 {
            let worker = format!("victim {at}");
            let claims = store.claim_steps(&worker, 2, Duration::ZERO).await.unwrap().claims;
            for claim in &claims {
                if claim.step.key == "c" {
                    store.complete_step(claim, output("fine")).await.unwrap();
                }
            }
            rescued(&store).await;
            workers.push(worker);
        }
        let steps = store.steps_of_tasks(&scope(), &[task]).await.unwrap();
        let statuses: Vec<_> = steps.iter().map(|step| (step.key.as_str(), step.status)).collect();
        let expected = [
            ("plan", StepStatus::Completed), ("a", StepStatus::Failed), ("b", StepStatus::Skipped),
            ("c", StepStatus::Completed),
        ];
        assert_eq!(statuses, expected);
        assert_eq!((steps[1].attempts, steps[1].error_code.as_deref()), (3, Some("WORKER_LOST")));
        let message = steps[1].error_message.as_deref().unwrap();
        assert!(workers.iter().all(|worker| message.contains(worker.as_str())), "{message}");
        let row = read(&store, task).await;
        assert_eq!((row.status, row.error_code.as_deref()), (TaskStatus::Failed, Some("WORKER_LOST")));
        assert_eq!((row.open_steps, claim(&store, 9, LEASE).await.len()), (0, 0));
    }

    async fn a_step_that_fails_says_why_each_of_its_attempts_did(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = planned(&store, new_task(), &[("a", &[])]).await;
        let failure = |message: &str| Failure {
            code: "TEST".to_owned(),
            message: message.to_owned(),
            retry_in: Some(Duration::ZERO),
            replayable: true,
        };
        let reason = async || {
            let step = store.steps_of_tasks(&scope(), &[task]).await.unwrap().remove(1);
            assert_eq!((step.status, step.attempts), (StepStatus::Failed, 3));
            let attempts = store.attempts_of(&scope(), &[step.id]).await.unwrap();
            let own = attempts.last().unwrap().error_message.clone().unwrap();
            let events = store.events_after(task, 0, 500).await.unwrap();
            let told = events.iter().rfind(|event| event.kind == EventKind::StepFailed).unwrap().payload.to_value();
            let all = step.error_message.unwrap();
            assert_eq!(told["error"]["message"], all.as_str());
            let row = read(&store, task).await;
            assert_eq!(row.error_message.as_deref(), Some(format!("do a: {all}").as_str()));
            (all, own)
        };
        // A step given back has no reason to tell.
        store.release_step(&claim_one(&store).await).await.unwrap();
        store.fail_step(&claim_one(&store).await, &failure("the model was away")).await.unwrap();
        store.claim_steps("victim", 1, Duration::ZERO).await.unwrap();
        rescued(&store).await;
        store.fail_step(&claim_one(&store).await, &failure("the answer was cut off")).await.unwrap();
        let all = "the model was away; worker victim stopped answering; the answer was cut off";
        assert_eq!(reason().await, (all.to_owned(), "the answer was cut off".to_owned()));

        // Tried again by a person, it fails for new reasons, and says one that comes again once.
        store.retry_task(&scope(), task).await.unwrap();
        for message in ["no room", "no room", "no light"] {
            store.fail_step(&claim_one(&store).await, &failure(message)).await.unwrap();
        }
        assert_eq!(reason().await, ("no room; no light".to_owned(), "no light".to_owned()));
    }

    async fn a_lost_step_of_a_cancelled_task_is_cancelled(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = submit(&store, NewTask { max_attempts: 9, ..new_task() }).await;
        let lost = claim(&store, 1, Duration::ZERO).await.remove(0);
        store.reserve_llm_call(&lost, &llm_call(0, Some(10))).await.unwrap();
        store.dispatch_tool_call(&lost, &tool_call(0)).await.unwrap();
        store.cancel_task(&scope(), task).await.unwrap();
        rescued(&store).await;
        assert_eq!(read(&store, task).await.status, TaskStatus::Cancelled);
        let events = store.events_after(task, 0, 100).await.unwrap();
        let stopped = events.iter().find(|event| event.kind == EventKind::StepCancelled).unwrap();
        let in_flight = stopped.payload.to_value()["inFlight"].clone();
        assert_eq!((&in_flight[0]["fate"], &in_flight[1]["fate"]), (&"DROPPED".into(), &"UNKNOWN".into()));
    }

    async fn giving_a_step_back_costs_it_no_attempt(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = submit(&store, new_task()).await;
        for epoch in 1..=5 {
            let claim = claim_one(&store).await;
            assert_eq!((claim.step.epoch, claim.step.attempts), (epoch, 1));
            store.reserve_llm_call(&claim, &llm_call(0, Some(10))).await.unwrap();
            let change = store.release_step(&claim).await.unwrap();
            assert!(change.ready);
        }
        assert_eq!(read(&store, task).await.reserved_nanos.0, 0);
    }
}
