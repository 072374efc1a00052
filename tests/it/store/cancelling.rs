//! A cancel that meets work which ends at the same moment.

use entity::enums::{EventKind, PlanAuthor, StepStatus, TaskStatus};

use super::{LEASE, claim, claim_one, new_task, output, plan, planned, read, scope, submit, without_worker};
use crate::support::both_stacks;

both_stacks! {
    async fn a_plan_that_comes_after_the_cancel_is_not_carried_out(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = submit(&store, new_task()).await;
        let planning = claim_one(&store).await;
        store.cancel_task(&scope(), task).await.unwrap();
        store.complete_planning(&planning, &plan(&[("a", &[])]), PlanAuthor::User).await.unwrap();
        assert_eq!(read(&store, task).await.status, TaskStatus::Cancelled);
        assert_eq!(store.steps_of_tasks(&scope(), &[task]).await.unwrap().len(), 1);
        assert_eq!(claim(&store, 9, LEASE).await.len(), 0);
        // Taken up again, it is planned and carried out.
        store.retry_task(&scope(), task).await.unwrap();
        let planning = claim_one(&store).await;
        store.complete_planning(&planning, &plan(&[("a", &[])]), PlanAuthor::User).await.unwrap();
        store.complete_step(&claim_one(&store).await, output("done")).await.unwrap();
        assert_eq!(read(&store, task).await.status, TaskStatus::Completed);
    }

    async fn a_retry_with_nothing_left_to_do_ends_the_task(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = planned(&store, new_task(), &[("a", &[])]).await;
        let last = claim_one(&store).await;
        store.cancel_task(&scope(), task).await.unwrap();
        store.complete_step(&last, output("done all the same")).await.unwrap();
        assert_eq!(read(&store, task).await.status, TaskStatus::Cancelled);
        store.retry_task(&scope(), task).await.unwrap();
        let row = read(&store, task).await;
        assert_eq!((row.status, row.result.as_deref()), (TaskStatus::Completed, Some("done all the same")));
        let events = store.events_after(task, 0, 100).await.unwrap();
        assert_eq!(events.last().unwrap().kind, EventKind::TaskCompleted);
        let steps = store.steps_of_tasks(&scope(), &[task]).await.unwrap();
        assert!(steps.iter().all(|step| step.status == StepStatus::Completed));
    }
}
