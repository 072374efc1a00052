//! What a caller meets: a burst, a refusal that says how long to wait, and an open door after it.

use std::time::Duration;

use serde_json::json;

use super::{limit, retry_after_ms, search, submit};
use crate::support::{TestApp, both_stacks};

both_stacks! {
    async fn after_the_burst_a_submission_is_refused_until_the_wait_is_over(stack: Stack) {
        let app = TestApp::start_with(stack, |config| limit(config, 30, 3)).await;
        for _ in 0..3 {
            assert_eq!(retry_after_ms(&submit(&app.client, "ada").await), None);
        }
        for _ in 0..2 {
            let refused = submit(&app.client, "ada").await;
            let wait = retry_after_ms(&refused).expect("the burst is used up");
            assert!((1..=2_000).contains(&wait), "{wait}");
            assert!(refused.message().contains("too many requests"), "{}", refused.message());
        }
        // Neither others nor other things are slowed down, and what was refused is not stored.
        assert_eq!(retry_after_ms(&submit(&app.client, "bob").await), None);
        assert_eq!(retry_after_ms(&search(&app.client, "ada").await), None);
        let list = "{ tasks(filter: { userId: \"ada\" }) { nodes { id } } }";
        let data = app.graphql(list, json!({})).await.data();
        assert_eq!(data["tasks"]["nodes"].as_array().unwrap().len(), 3);

        let wait = retry_after_ms(&submit(&app.client, "ada").await).expect("refusals cost nothing");
        tokio::time::sleep(Duration::from_millis(wait)).await;
        assert_eq!(retry_after_ms(&submit(&app.client, "ada").await), None);
        assert!(retry_after_ms(&submit(&app.client, "ada").await).is_some());
    }

    async fn after_the_burst_a_search_is_refused_until_the_wait_is_over(stack: Stack) {
        let app = TestApp::start_with(stack, |config| limit(config, 30, 2)).await;
        for _ in 0..2 {
            assert_eq!(retry_after_ms(&search(&app.client, "ada").await), None);
        }
        let wait = retry_after_ms(&search(&app.client, "ada").await).expect("the burst is used up");
        assert!((1..=2_000).contains(&wait), "{wait}");
        assert_eq!(retry_after_ms(&search(&app.client, "bob").await), None);
        assert_eq!(retry_after_ms(&submit(&app.client, "ada").await), None);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        assert_eq!(retry_after_ms(&search(&app.client, "ada").await), None);
    }

    async fn the_wait_is_never_a_little_too_short(stack: Stack) {
        // A cell every 20 ms: a wait that is rounded down by less than a millisecond shows within a few rounds.
        let app = TestApp::start_with(stack, |config| limit(config, 1_000, 1)).await;
        let mut refusals = 0;
        while refusals < 20 {
            if let Some(wait) = retry_after_ms(&search(&app.client, "ada").await) {
                refusals += 1;
                tokio::time::sleep(Duration::from_millis(wait)).await;
                assert_eq!(retry_after_ms(&search(&app.client, "ada").await), None, "after {wait} ms");
            }
        }
    }

    async fn a_refused_input_takes_nothing_from_the_allowance(stack: Stack) {
        let app = TestApp::start_with(stack, |config| limit(config, 1, 1)).await;
        let query = "query($input: SearchMemoryInput!) { searchMemory(input: $input) { scanned } }";
        for _ in 0..3 {
            let bad = json!({ "input": { "userId": "ada", "query": " " } });
            assert_eq!(app.graphql(query, bad).await.code(), "BAD_USER_INPUT");
        }
        assert_eq!(retry_after_ms(&search(&app.client, "ada").await), None);
        assert!(retry_after_ms(&search(&app.client, "ada").await).is_some());
        // The same user by another spelling is the same user.
        assert!(retry_after_ms(&search(&app.client, " ada ").await).is_some());
    }

    async fn asking_again_what_became_of_a_submission_takes_nothing(stack: Stack) {
        let app = TestApp::start_with(stack, |config| limit(config, 1, 1)).await;
        let query = "mutation($input: SubmitTaskInput!) { submitTask(input: $input) { replayed userErrors { code } } }";
        let submission = |description: &str, key: &str| {
            json!({ "input": { "userId": "ada", "description": description, "idempotencyKey": key } })
        };
        let first = app.graphql(query, submission("Say hello", "k1")).await.data();
        assert_eq!(first["submitTask"], json!({ "replayed": false, "userErrors": [] }));
        for _ in 0..3 {
            let again = app.graphql(query, submission("Say hello", "k1")).await.data();
            assert_eq!(again["submitTask"], json!({ "replayed": true, "userErrors": [] }));
            let other = app.graphql(query, submission("Say goodbye", "k1")).await.data();
            assert_eq!(other["submitTask"]["userErrors"][0]["code"], "CONFLICT");
        }
        assert!(retry_after_ms(&app.graphql(query, submission("Say hello", "k2")).await).is_some());
    }

    async fn aliases_in_one_document_are_counted_one_by_one(stack: Stack) {
        let app = TestApp::start_with(stack, |config| limit(config, 1, 2)).await;
        let one = |name: &str| format!("{name}: searchMemory(input: {{ userId: \"ada\", query: \"tea\" }}) {{ scanned }}");
        let query = format!("{{ {} {} {} }}", one("a"), one("b"), one("c"));
        let answer = app.graphql(&query, json!({})).await;
        assert_eq!(answer.code(), "RATE_LIMITED", "{:#}", answer.body);
        assert_eq!(answer.body["errors"].as_array().unwrap().len(), 1);
    }

    async fn without_limits_nobody_is_refused(stack: Stack) {
        let app = TestApp::start_with(stack, |config| {
            limit(config, 1, 1);
            config.limits.enabled = false;
        })
        .await;
        for _ in 0..10 {
            assert_eq!(retry_after_ms(&search(&app.client, "ada").await), None);
            assert_eq!(retry_after_ms(&submit(&app.client, "ada").await), None);
        }
    }
}
