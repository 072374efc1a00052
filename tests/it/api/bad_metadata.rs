//! Metadata that is no object, too large or too deep, in variables and in the document.

use serde_json::{Value, json};

use super::asking::{answers, coded, mutate, nothing, refused, still, stored, submit};
use crate::support::both_stacks;

fn nested(levels: usize) -> String {
    format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels))
}

fn body(metadata: &str) -> String {
    format!(
        "{{\"query\":\"mutation($i: SubmitTaskInput!) {{ submitTask(input: $i) {{ task {{ id }} \
         userErrors {{ field code message }} }} }}\",\"variables\":{{\"i\":{{\"userId\":\"ada\",\
         \"description\":\"x\",\"metadata\":{metadata}}}}}}}"
    )
}

both_stacks! {
    async fn metadata_that_is_not_a_small_object_is_refused(stack: Stack) {
        let app = still(stack).await;
        let nul_key = json!({ "a\0b": 1 });
        let bad: [Value; 9] = [
            json!([]),
            json!([{ "a": 1 }]),
            json!("text"),
            json!(7),
            json!(true),
            json!({ "a": "x".repeat(64 * 1024) }),
            json!({ "a": { "b": "nul \0 here" } }),
            nul_key,
            serde_json::from_str(&nested(33 + 1)).unwrap(),
        ];
        for metadata in bad {
            let input = json!({ "userId": "ada", "description": "x", "metadata": metadata });
            let message = refused(&submit(&app, input).await, "metadata", "BAD_USER_INPUT");
            assert!(message.contains("metadata"), "{message}");
            let input = json!({ "userId": "ada", "content": "x", "metadata": metadata });
            refused(&mutate(&app, "remember", "memory { id }", input).await, "metadata", "BAD_USER_INPUT");
        }
        assert_eq!(stored(&app).await, nothing());
    }

    async fn metadata_of_ten_megabytes_is_refused_before_it_is_read(stack: Stack) {
        let app = still(stack).await;
        let answer = app.client.post(body(&format!("{{\"a\":\"{}\"}}", "x".repeat(10_000_000)))).await;
        assert_eq!((answer.status, coded(&answer)), (413, "BAD_REQUEST"));
        assert!(answer.message().contains("1048576"), "{}", answer.message());
        assert_eq!(stored(&app).await, nothing());
        answers(&app).await;
    }

    async fn metadata_nested_ten_thousand_deep_is_refused(stack: Stack) {
        let app = still(stack).await;
        let answer = app.client.post(body(&nested(10_000))).await;
        assert_eq!((answer.status, coded(&answer)), (400, "BAD_REQUEST"));
        let answer = app.client.post(body(&format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)))).await;
        assert_eq!((answer.status, coded(&answer)), (400, "BAD_REQUEST"));
        for (open, close) in [("{a:", "}"), ("[", "]")] {
            let literal = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
            let query = format!(
                "mutation {{ submitTask(input: {{ userId: \"ada\", description: \"x\", metadata: {literal} }}) \
                 {{ task {{ id }} }} }}"
            );
            assert_eq!(coded(&app.graphql(&query, json!({})).await), "QUERY_TOO_COMPLEX");
        }
        // Deep, but not too deep to be read: the field is named.
        let answer = app.client.post(body(&nested(100))).await;
        refused(&answer.data()["submitTask"], "metadata", "BAD_USER_INPUT");
        assert_eq!(stored(&app).await, nothing());
        answers(&app).await;
    }

    async fn metadata_comes_back_as_it_was_given(stack: Stack) {
        let app = still(stack).await;
        let metadata = json!({
            "ünï": "😀", "": null, "n": [1, -2.5, 1e10, 9_007_199_254_740_993_i64], "o": { "p": { "q": [] } }, "b": false,
            "$ref": "#/x", "quote\"s": "'\\",
        });
        let id = app.submit_input(json!({ "userId": "ada", "description": "x", "metadata": metadata })).await;
        let read = "query($id: ID!) { task(id: $id) { metadata } }";
        let found = app.graphql(read, json!({ "id": id })).await.data();
        assert_eq!(found["task"]["metadata"], metadata);
        for none in [json!(null), json!({})] {
            let id = app.submit_input(json!({ "userId": "ada", "description": "x", "metadata": none })).await;
            assert_eq!(app.graphql(read, json!({ "id": id })).await.data()["task"]["metadata"], json!({}));
        }
    }

    async fn filters_of_a_search_are_small_objects_too(stack: Stack) {
        let app = still(stack).await;
        let search = "query($f: JSON) { searchMemory(input: { userId: \"ada\", query: \"x\", filter: $f }) { scanned } }";
        let many: serde_json::Map<String, Value> = (0..17).map(|at| (at.to_string(), json!(at))).collect();
        for filter in [json!([]), json!("x"), json!(1), Value::Object(many)] {
            assert_eq!(coded(&app.graphql(search, json!({ "f": filter })).await), "BAD_USER_INPUT");
        }
        for filter in [json!(null), json!({}), json!({ "a\0b": "\0" })] {
            assert_eq!(app.graphql(search, json!({ "f": filter })).await.data()["searchMemory"]["scanned"], 0);
        }
    }
}
