//! Drafts of what a step writes: the latest attempt's, whoever writes last.

use std::time::Duration;

use agent_orchestrator::store::steps::Failure;
use entity::enums::{StepStatus, WaitReason};
use sea_orm::ConnectionTrait;

use super::{LEASE, claim, claim_one, new_task, output, planned, scope, without_worker};
use crate::{store::leases::rescued, support::both_stacks};

both_stacks! {
    async fn a_worker_that_lost_its_step_writes_no_draft(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        planned(&store, new_task(), &[("one", &[])]).await;
        let old = claim(&store, 1, Duration::ZERO).await.remove(0);
        let id = old.step.id;
        assert!(store.write_draft(&old.step, "Ros").await.unwrap());
        assert!(store.write_draft(&old.step, "Roses").await.unwrap());
        assert_eq!(store.draft(id).await.unwrap().unwrap().content, "Roses");
        rescued(&store).await;
        let new = claim_one(&store).await;
        assert!(!store.write_draft(&old.step, "Roses are").await.unwrap());
        assert!(store.write_draft(&new.step, "Vio").await.unwrap());
        assert!(!store.write_draft(&old.step, "Roses are red").await.unwrap());
        let draft = store.draft(id).await.unwrap().unwrap();
        assert_eq!((draft.epoch, draft.content.as_str()), (new.step.epoch, "Vio"));
        // Nor does it remove one.
        store.forget_draft(&old.step).await.unwrap();
        assert!(store.draft(id).await.unwrap().is_some());
        store.forget_draft(&new.step).await.unwrap();
        assert!(store.draft(id).await.unwrap().is_none());
    }

    async fn drafts_that_nobody_needs_are_swept_a_few_at_a_time(stack: Stack) {
        let (app, store) = without_worker(stack).await;
        let keys = ["done", "done too", "done as well", "failed", "cancelled", "waits", "again", "runs"];
        let steps: Vec<(&str, &[&str])> = keys.iter().map(|key| (*key, [].as_slice())).collect();
        let task = planned(&store, new_task(), &steps).await;
        let claims = claim(&store, 8, LEASE).await;
        let one = |key: &str| claims.iter().find(|claim| claim.step.key == key).unwrap();
        for claim in &claims {
            assert!(store.write_draft(&claim.step, &claim.step.key).await.unwrap());
        }
        // Whoever wrote them was killed before it removed them.
        for done in ["done", "done too", "done as well"] {
            store.complete_step(one(done), output("done")).await.unwrap();
        }
        let failure = |retry_in| Failure {
            code: "TEST".to_owned(),
            message: "no".to_owned(),
            retry_in,
            replayable: true,
        };
        store.fail_step(one("failed"), &failure(None)).await.unwrap();
        store.fail_step(one("again"), &failure(Some(Duration::from_secs(60)))).await.unwrap();
        store.park_step(one("waits"), WaitReason::Answer, None, "which one?").await.unwrap();
        let left = async || {
            let mut left = Vec::new();
            for claim in &claims {
                left.extend(store.draft(claim.step.id).await.unwrap().map(|draft| draft.content));
            }
            left.sort();
            left
        };
        assert_eq!(store.sweep_drafts(2).await.unwrap(), 2);
        assert_eq!(left().await.len(), 6);
        assert_eq!(store.sweep_drafts(2).await.unwrap(), 1);
        assert_eq!(store.sweep_drafts(2).await.unwrap(), 0);
        assert_eq!(left().await, ["again", "cancelled", "failed", "runs", "waits"]);

        // What an attempt that came to nothing has written can be seen for a day.
        store.cancel_task(&scope(), task).await.unwrap();
        store.cancel_step(one("cancelled")).await.unwrap();
        let connection = app.connection().await;
        let age = "UPDATE step_draft SET updated_at = updated_at - 86400000 WHERE content <> 'failed'";
        connection.execute_unprepared(age).await.unwrap();
        let steps = store.steps_of_tasks(&scope(), &[task]).await.unwrap();
        assert_eq!(steps.iter().find(|step| step.key == "runs").unwrap().status, StepStatus::Running);
        assert_eq!(store.sweep_drafts(100).await.unwrap(), 3);
        assert_eq!(left().await, ["failed", "runs"]);
        let age = "UPDATE step_draft SET updated_at = updated_at - 86400000";
        connection.execute_unprepared(age).await.unwrap();
        assert_eq!(store.sweep_drafts(100).await.unwrap(), 1);
        assert_eq!(left().await, ["runs"]);
    }

    async fn a_worker_sweeps_when_it_starts(stack: Stack) {
        let (mut app, store) = without_worker(stack).await;
        planned(&store, new_task(), &[("one", &[])]).await;
        let done = claim_one(&store).await;
        assert!(store.write_draft(&done.step, "Roses").await.unwrap());
        store.complete_step(&done, output("Roses are red")).await.unwrap();
        assert!(store.draft(done.step.id).await.unwrap().is_some());
        app.config.server.roles.worker = true;
        let app = app.restart().await;
        let swept = async {
            while app.services.store.draft(done.step.id).await.unwrap().is_some() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), swept).await.expect("the draft stays");
    }
}
