//! Texts nobody can work with: blank, endless, or not text at all.

use serde_json::json;

use super::asking::{answers, coded, mutate, nothing, refused, still, stored, submit};
use crate::support::{TestApp, both_stacks};

const SUBMIT: &str = "mutation { submitTask(input: { userId: \"ada\", description: DESCRIPTION }) \
    { task { description } userErrors { field code message } } }";

/// Submits with the description as a literal of the document.
async fn literal(app: &TestApp, description: &str) -> crate::support::Answer {
    app.graphql(&SUBMIT.replace("DESCRIPTION", description), json!({}))
        .await
}

both_stacks! {
    async fn blank_endless_and_nul_descriptions_are_refused_and_nothing_is_stored(stack: Stack) {
        let app = still(stack).await;
        let texts = [
            String::new(),
            " \t\r\n \u{2003}\u{a0}".to_owned(),
            "x".repeat(1_000_000),
            "x".repeat(40 * 1024),
            "ü".repeat(16 * 1024 + 1),
            "before\0after".to_owned(),
            "\0".to_owned(),
        ];
        for text in texts {
            let payload = submit(&app, json!({ "userId": "ada", "description": text })).await;
            let message = refused(&payload, "description", "BAD_USER_INPUT");
            assert!(message.contains("description") && message.len() < 200, "{message}");
        }
        assert_eq!(stored(&app).await, nothing());
        let most = "ü".repeat(16 * 1024);
        let payload = submit(&app, json!({ "userId": "ada", "description": most })).await;
        assert_eq!(payload["userErrors"], json!([]), "the longest description is accepted");
    }

    async fn users_need_a_name(stack: Stack) {
        let app = still(stack).await;
        for name in ["", "  ", "a\0b", "a\nb", &"n".repeat(129)] {
            let payload = submit(&app, json!({ "userId": name, "description": "Say hello" })).await;
            refused(&payload, "userId", "BAD_USER_INPUT");
            let payload = mutate(&app, "remember", "memory { id }", json!({ "userId": name, "content": "x" })).await;
            refused(&payload, "userId", "BAD_USER_INPUT");
        }
        assert_eq!(stored(&app).await, nothing());
    }

    async fn memories_and_searches_refuse_the_same_texts(stack: Stack) {
        let app = still(stack).await;
        for text in ["", " \n", "a\0b", &"x".repeat(16 * 1024 + 1)] {
            let payload = mutate(&app, "remember", "memory { id }", json!({ "userId": "ada", "content": text })).await;
            refused(&payload, "content", "BAD_USER_INPUT");
            let search = "query($q: String!) { searchMemory(input: { userId: \"ada\", query: $q }) { scanned } }";
            assert_eq!(coded(&app.graphql(search, json!({ "q": text })).await), "BAD_USER_INPUT");
        }
        for namespace in ["", "two words", "a\0b", "ünder", &"n".repeat(65)] {
            let input = json!({ "userId": "ada", "content": "x", "namespace": namespace });
            refused(&mutate(&app, "remember", "memory { id }", input).await, "namespace", "BAD_USER_INPUT");
            let search = "query($n: String) { searchMemory(input: { userId: \"ada\", query: \"x\", namespace: $n }) { scanned } }";
            assert_eq!(coded(&app.graphql(search, json!({ "n": namespace })).await), "BAD_USER_INPUT");
            let list = "query($n: String) { memories(filter: { namespace: $n }) { nodes { id } } }";
            assert_eq!(coded(&app.graphql(list, json!({ "n": namespace })).await), "BAD_USER_INPUT");
        }
        assert_eq!(stored(&app).await, nothing());
    }

    async fn nul_is_refused_wherever_text_is_read(stack: Stack) {
        let app = still(stack).await;
        let task = app.submit("ada", "Say hello").await;
        let reads = [
            ("query($t: String) { tasks(filter: { userId: $t }) { nodes { id } } }", "a\0b"),
            ("query($t: String) { memories(filter: { userId: $t }) { nodes { id } } }", "a\0b"),
            ("query($t: String) { costs(groupBy: [], filter: { userId: $t }) { entries } }", "a\0b"),
            ("query($t: String) { costs(groupBy: [], filter: { agent: $t }) { entries } }", "a\0b"),
            ("query($t: String) { costs(groupBy: [], filter: { model: $t }) { entries } }", "a\0b"),
            ("query($t: String) { costs(groupBy: [], filter: { from: $t }) { entries } }", "2026-01-01\0"),
            ("query($t: String) { tasks(after: $t) { nodes { id } } }", "a\0b"),
            ("query($t: ID!) { task(id: $t) { id } }", "task_\0"),
            ("query($t: ID!) { node(id: $t) { id } }", "\0"),
        ];
        for (query, text) in reads {
            let answer = app.graphql(query, json!({ "t": text })).await;
            assert_eq!(coded(&answer), "BAD_USER_INPUT", "{query}");
        }
        let input = json!({ "taskId": task, "consumer": "a\0b", "cursor": "c2VxOjE" });
        refused(&mutate(&app, "acknowledgeEvents", "cursor", input).await, "consumer", "BAD_USER_INPUT");
        let input = json!({ "userId": "ada", "description": "x", "idempotencyKey": "a\0b" });
        refused(&submit(&app, input).await, "idempotencyKey", "BAD_USER_INPUT");
    }

    async fn lone_surrogates_are_refused_in_json_and_in_the_document(stack: Stack) {
        let app = still(stack).await;
        for escape in ["\\ud800", "\\udc00", "\\udc00\\ud800", "\\uD83D!"] {
            let body = format!(
                "{{\"query\":\"mutation($d: String!) {{ submitTask(input: {{ userId: \\\"ada\\\", description: $d }}) \
                 {{ task {{ id }} }} }}\",\"variables\":{{\"d\":\"{escape}\"}}}}"
            );
            let answer = app.client.post(body).await;
            assert_eq!((answer.status, coded(&answer)), (400, "BAD_REQUEST"), "{escape}");
            let answer = literal(&app, &format!("\"{escape}\"")).await;
            assert_eq!(coded(&answer), "GRAPHQL_PARSE_FAILED", "{escape}");
        }
        for literal_text in ["\"\\u12\"", "\"\\u12g4\"", "\"\\u{1F600\"", "\"\\x41\"", "\"\\\"", "\"open", "\"\"\"open"] {
            assert_eq!(coded(&literal(&app, literal_text).await), "GRAPHQL_PARSE_FAILED", "{literal_text}");
        }
        assert_eq!(stored(&app).await, nothing());
        answers(&app).await;
    }

    async fn nul_in_a_literal_is_refused_and_block_strings_are_taken_as_they_are(stack: Stack) {
        let app = still(stack).await;
        for text in ["\"a\\u0000b\"", "\"a\0b\"", "\"\"\"a\0b\"\"\""] {
            let payload = literal(&app, text).await.data()["submitTask"].clone();
            refused(&payload, "description", "BAD_USER_INPUT");
        }
        assert_eq!(stored(&app).await, nothing());
        // A block string has no escapes but one.
        let payload = literal(&app, "\"\"\"a \\ud800 \\u0000 \\n b\"\"\"").await.data()["submitTask"].clone();
        assert_eq!(payload["task"]["description"], "a \\ud800 \\u0000 \\n b");
        let payload = literal(&app, "\"caf\\u00e9 \u{1F600}\"").await.data()["submitTask"].clone();
        assert_eq!(payload["task"]["description"], "café 😀");
    }
}
