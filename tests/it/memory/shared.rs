//! Many clients and many processes on one memory.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::json;

use super::{beside, contents, forget, list, remember, search, search_input, unlimited};
use crate::support::{Process, Stack, both_stacks};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_app_stores_or_forgets_another_sees_at_once() {
    let one = unlimited(Stack::Postgres).await;
    let other = beside(&one).await;
    for round in 0..5 {
        let content = format!("The key of door {round} is under the mat");
        let id = remember(&one.client, "ada", &content).await;
        for app in [&other, &one] {
            let found = search(&app.client, "ada", &content).await;
            assert_eq!(
                (contents(&found), &found["scanned"]),
                (vec![content.as_str()], &json!(1))
            );
        }
        forget(&other.client, "ada", &id).await;
        for app in [&one, &other] {
            let found = search(&app.client, "ada", &content).await;
            assert_eq!(
                (contents(&found).len(), &found["scanned"]),
                (0, &json!(0)),
                "round {round}"
            );
        }
    }
    let id = remember(&other.client, "ada", "Tea at four").await;
    assert_eq!(
        remember(&one.client, "ada", "Tea at four").await,
        id,
        "the same text is stored once for both"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_finds_what_the_first_learned() {
    let app = unlimited(Stack::Postgres).await;
    let process = Process::beside(&app, "api").await;
    let task = app
        .submit(
            "ada",
            "Summarize the overdue invoices of Mr Berg: number 1001 is two weeks late.",
        )
        .await;
    app.finished(&task).await;
    let found = search(&process.client, "ada", "invoice").await;
    assert_eq!(
        found["hits"][0]["memory"]["writtenBy"]["task"]["id"], task,
        "{found:#}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_text_from_two_apps_at_once_is_one_row() {
    let one = unlimited(Stack::Postgres).await;
    let other = beside(&one).await;
    for round in 0..5 {
        let content = format!("Only once, round {round}");
        let writers = (0..8).map(|number| {
            let client = if number % 2 == 0 {
                &one.client
            } else {
                &other.client
            };
            let (client, content) = (client.clone(), content.clone());
            tokio::spawn(async move { remember(&client, "ada", &content).await })
        });
        let writers: Vec<_> = writers.collect();
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(list(&one.client, "ada").await.len(), round + 1);
    }
}

both_stacks! {
    async fn three_hundred_memories_are_searched_while_others_are_written(stack: Stack) {
        let app = unlimited(stack).await;
        let written = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = (0..6)
            .map(|writer| {
                let client = app.client.clone();
                tokio::spawn(async move {
                    for number in 0..50 {
                        let content = format!("Shelf s{writer} holds the box b{number}");
                        let id = remember(&client, "ada", &content).await;
                        if number % 10 == 0 {
                            // Read your writes, whatever others write meanwhile.
                            let found = search(&client, "ada", &content).await;
                            assert_eq!(found["hits"][0]["memory"]["id"], id, "{content}");
                        }
                    }
                })
            })
            .collect();
        let searcher = {
            let (client, written) = (app.client.clone(), Arc::clone(&written));
            tokio::spawn(async move {
                let mut last = 0;
                while !written.load(Ordering::Relaxed) {
                    let input = json!({ "userId": "ada", "query": "box on a shelf", "limit": 5 });
                    let found = search_input(&client, input).await;
                    let scanned = found["scanned"].as_u64().unwrap();
                    assert!(scanned >= last, "went back from {last} to {scanned}");
                    assert_eq!(contents(&found).len() as u64, scanned.min(5));
                    last = scanned;
                }
            })
        };
        for writer in writers {
            writer.await.unwrap();
        }
        written.store(true, Ordering::Relaxed);
        searcher.await.unwrap();
        let found = search(&app.client, "ada", "Shelf s3 holds the box b17").await;
        assert_eq!(contents(&found)[0], "Shelf s3 holds the box b17");
        assert_eq!((&found["scanned"], &found["exhaustive"]), (&json!(300), &json!(true)));
    }

    async fn users_do_not_disturb_each_other(stack: Stack) {
        let app = unlimited(stack).await;
        let users: Vec<_> = (0..6)
            .map(|user| {
                let client = app.client.clone();
                tokio::spawn(async move {
                    let user = format!("user-{user}");
                    for number in 0..10 {
                        let content = format!("Secret {number} of {user}");
                        remember(&client, &user, &content).await;
                        let found = search(&client, &user, "secret").await;
                        assert_eq!(found["scanned"], number + 1);
                        assert!(contents(&found).iter().all(|content| content.ends_with(&user)), "{found:#}");
                    }
                })
            })
            .collect();
        for user in users {
            user.await.unwrap();
        }
    }
}
