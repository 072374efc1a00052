//! Claiming: each step once, the most urgent first, never more than asked for.

use std::{collections::HashSet, time::Duration};

use entity::enums::{AttemptOutcome, StepStatus, TaskStatus};
use futures_util::future::join_all;

use super::{LEASE, claim, claim_one, new_task, planned, read, scope, submit, without_worker};
use crate::support::both_stacks;
use agent_orchestrator::store::tasks::NewTask;

both_stacks! {
    async fn concurrent_claimers_never_claim_a_step_twice(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let mut submitted = HashSet::new();
        for _ in 0..40 {
            submitted.insert(submit(&store, new_task()).await);
        }
        let claimers = (0..8).map(|at| {
            let store = store.clone();
            tokio::spawn(async move {
                let (mut mine, mut empty) = (Vec::new(), 0);
                // A skipped row may hide the last steps for a moment: empty-handed twice means done.
                while empty < 2 {
                    let claims = store.claim_steps(&format!("w{at}"), 3, LEASE).await.unwrap().claims;
                    empty = if claims.is_empty() { empty + 1 } else { 0 };
                    mine.extend(claims.into_iter().map(|claim| (claim.task.id, claim.step.id, claim.step.epoch)));
                }
                mine
            })
        });
        let mut claimed: Vec<_> = join_all(claimers).await.into_iter().flat_map(Result::unwrap).collect();
        claimed.extend(claim(&store, 40, LEASE).await.into_iter().map(|claim| (claim.task.id, claim.step.id, claim.step.epoch)));
        assert_eq!(claimed.len(), 40);
        assert!(claimed.iter().all(|(_, _, epoch)| *epoch == 1));
        assert_eq!(claimed.iter().map(|(task, ..)| *task).collect::<HashSet<_>>(), submitted);
    }

    async fn the_most_urgent_step_goes_first_and_the_oldest_of_its_like(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let mut expected = Vec::new();
        for priority in [0, 100, -100, 0, 100] {
            expected.push((priority, submit(&store, NewTask { priority, ..new_task() }).await));
        }
        // Stable: those of one priority stay in the order of their submission.
        expected.sort_by_key(|(priority, _)| -priority);
        for (priority, task) in expected {
            let claim = claim_one(&store).await;
            assert_eq!((claim.step.priority, claim.task.id), (priority, task));
        }
    }

    async fn no_more_are_claimed_than_asked_for(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        for _ in 0..5 {
            submit(&store, new_task()).await;
        }
        assert_eq!(claim(&store, 0, LEASE).await.len(), 0);
        assert_eq!(claim(&store, 2, LEASE).await.len(), 2);
        assert_eq!(claim(&store, 16, LEASE).await.len(), 3);
        assert_eq!(claim(&store, 16, LEASE).await.len(), 0);
    }

    async fn a_claim_starts_the_task_and_is_recorded(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = submit(&store, new_task()).await;
        assert_eq!(read(&store, task).await.status, TaskStatus::Pending);
        let claim = claim_one(&store).await;
        let row = read(&store, task).await;
        assert_eq!((row.status, row.started_at.is_some()), (TaskStatus::Running, true));
        let step = store.step(&scope(), claim.step.id).await.unwrap().unwrap();
        assert_eq!((step.status, step.epoch, step.attempts), (StepStatus::Running, 1, 1));
        let left = step.lease_until.unwrap().0 - store.now().await.unwrap().0;
        assert!((50_000..=60_000).contains(&left), "{left}");
        let attempts = store.attempts_of(&scope(), &[step.id]).await.unwrap();
        assert_eq!((attempts.len(), attempts[0].epoch, attempts[0].outcome), (1, 1, AttemptOutcome::Running));
    }

    async fn a_step_that_waits_for_its_next_attempt_is_left_alone(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = planned(&store, new_task(), &[("a", &[]), ("b", &["a"])]).await;
        let first = claim_one(&store).await;
        let failure = agent_orchestrator::store::steps::Failure {
            code: "TEST".to_owned(),
            message: "later".to_owned(),
            retry_in: Some(Duration::from_secs(3_600)),
            replayable: true,
        };
        store.fail_step(&first, &failure).await.unwrap();
        assert_eq!(claim(&store, 16, LEASE).await.len(), 0);
        assert_eq!(read(&store, task).await.status, TaskStatus::Running);
    }
}
