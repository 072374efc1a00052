//! How far a named consumer has read never goes back.

use futures_util::future::join_all;

use super::{claim_one, new_task, planned, read, scope, without_worker};
use crate::support::both_stacks;

both_stacks! {
    async fn concurrent_acknowledgements_never_go_back(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        for _ in 0..10 {
            let task = planned(&store, new_task(), &[("a", &[])]).await;
            claim_one(&store).await;
            let last = read(&store, task).await.event_seq;
            let all = join_all((1..=last).rev().map(|seq| {
                let store = store.clone();
                tokio::spawn(async move { (seq, store.acknowledge(&scope(), task, "reader", seq).await.unwrap().unwrap()) })
            }))
            .await;
            for done in all {
                let (asked, answered) = done.unwrap();
                assert!(answered >= asked, "acknowledged {asked}, answered {answered}");
            }
            assert_eq!(store.acknowledged(task, "reader").await.unwrap(), last);
        }
    }

    async fn an_acknowledgement_beyond_the_last_event_counts_as_the_last(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = planned(&store, new_task(), &[("a", &[])]).await;
        let last = read(&store, task).await.event_seq;
        assert_eq!(store.acknowledge(&scope(), task, "reader", i64::MAX).await.unwrap(), Some(last));
        assert_eq!(store.acknowledge(&scope(), task, "reader", -5).await.unwrap(), Some(last));
        assert_eq!(store.acknowledged(task, "another").await.unwrap(), 0);
    }
}
