//! Remembering: found at once, once per text, and refused where it cannot be kept.

use entity::memory;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

use super::{contents, list, remember, remember_input, search, search_input, unlimited};
use crate::support::{TestApp, both_stacks};

/// The answer of a `remember` that may be refused.
async fn answer(app: &TestApp, input: Value) -> Value {
    let query = "mutation($input: RememberInput!) { remember(input: $input) \
        { memory { id } userErrors { code field } } }";
    app.graphql(query, json!({ "input": input })).await.data()["remember"].clone()
}

/// How many rows there are, of whomever.
async fn rows(app: &TestApp) -> usize {
    memory::Entity::find()
        .all(&app.connection().await)
        .await
        .unwrap()
        .len()
}

both_stacks! {
    async fn what_is_remembered_is_found_at_once(stack: Stack) {
        let app = unlimited(stack).await;
        for number in 0..12 {
            let content = format!("The server named box{number} stands in rack {number}");
            let id = remember(&app.client, "ada", &content).await;
            let found = search(&app.client, "ada", &content).await;
            assert_eq!(found["hits"][0]["memory"]["id"], id, "{found:#}");
            assert!(found["hits"][0]["score"].as_f64().unwrap() > 0.999, "{found:#}");
            assert_eq!(found["scanned"], number + 1);
        }
    }

    async fn the_same_text_is_stored_once_per_namespace_and_user(stack: Stack) {
        let app = unlimited(stack).await;
        let input = |user: &str, namespace: &str, content: &str| {
            json!({ "userId": user, "namespace": namespace, "content": content })
        };
        let first = remember_input(&app.client, input("ada", "work", "Tea at four")).await;
        // Blanks around a text are not part of it.
        for same in ["Tea at four", "  Tea at four\n"] {
            assert_eq!(remember_input(&app.client, input("ada", "work", same)).await, first);
        }
        let others = [("ada", "home", "Tea at four"), ("bob", "work", "Tea at four"), ("ada", "work", "tea at four")];
        for (user, namespace, content) in others {
            let other = remember_input(&app.client, input(user, namespace, content)).await;
            assert_ne!(other["id"], first["id"], "{user} {namespace} {content}");
        }
        assert_eq!(rows(&app).await, 4);
        let found = json!({ "userId": "ada", "namespace": "work", "query": "Tea at four" });
        assert_eq!(search_input(&app.client, found).await["scanned"], 2);
    }

    async fn eight_clients_that_remember_the_same_text_share_one_row(stack: Stack) {
        let app = unlimited(stack).await;
        let writers = (0..8).map(|_| {
            let client = app.client.clone();
            tokio::spawn(async move { remember(&client, "ada", "The office closes at six").await })
        });
        let writers: Vec<_> = writers.collect();
        let mut ids = Vec::new();
        for writer in writers {
            ids.push(writer.await.unwrap());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
        assert_eq!(rows(&app).await, 1);
        assert_eq!(contents(&search(&app.client, "ada", "office").await), ["The office closes at six"]);
    }

    async fn what_a_person_stored_says_so(stack: Stack) {
        let app = unlimited(stack).await;
        let metadata = json!({ "topic": "tea", "n": 1.5, "deep": { "list": [1, null, "ü"] } });
        let input = json!({ "userId": "ada", "content": "Tea at four", "metadata": metadata });
        let memory = remember_input(&app.client, input).await;
        assert_eq!((&memory["source"], &memory["metadata"]), (&json!("USER"), &metadata));
        let listed = list(&app.client, "ada").await;
        assert_eq!((&listed[0]["id"], &listed[0]["writtenBy"]), (&memory["id"], &Value::Null));
    }

    async fn bad_memories_are_refused_and_nothing_is_stored(stack: Stack) {
        let app = unlimited(stack).await;
        let too_long = "x".repeat(16 * 1024 + 1);
        let mut refused = vec![
            (json!({ "userId": "ada", "content": "  \n" }), "content"),
            (json!({ "userId": "ada", "content": "a\u{0}b" }), "content"),
            (json!({ "userId": "ada", "content": too_long }), "content"),
            (json!({ "userId": " ", "content": "x" }), "userId"),
            (json!({ "userId": "a\nb", "content": "x" }), "userId"),
            (json!({ "userId": "ada", "content": "x", "metadata": [1] }), "metadata"),
            (json!({ "userId": "ada", "content": "x", "metadata": { "k": "\u{0}" } }), "metadata"),
        ];
        let long = "n".repeat(65);
        for namespace in ["", " ", "a b", "a\u{0}", "naïve", "..\\x", "a'b", "%", "*", &long] {
            refused.push((json!({ "userId": "ada", "content": "x", "namespace": namespace }), "namespace"));
        }
        for (input, field) in refused {
            let answer = answer(&app, input.clone()).await;
            assert_eq!(answer["memory"], Value::Null, "{input:.200}");
            let expected = json!([{ "code": "BAD_USER_INPUT", "field": ["input", field] }]);
            assert_eq!(answer["userErrors"], expected, "{input:.200}");
        }
        assert_eq!(rows(&app).await, 0);
        // A namespace with dots and slashes is a name, not a path.
        let path = json!({ "userId": "ada", "content": "x", "namespace": "../../etc/passwd" });
        assert_eq!(remember_input(&app.client, path).await["namespace"], "../../etc/passwd");
    }
}
