//! Drafts of what a step writes: the latest attempt's, whoever writes last.

use std::time::Duration;

use super::{claim, claim_one, new_task, planned, without_worker};
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
}
