//! Filters come before ranking; scores, limits and counts say what they mean.

use serde_json::{Value, json};

use super::{contents, remember, remember_input, search, search_input, unlimited};
use crate::support::{TestApp, both_stacks};

/// The code of a search that is refused.
async fn refusal(app: &TestApp, input: Value) -> String {
    let query = "query($input: SearchMemoryInput!) { searchMemory(input: $input) { scanned } }";
    app.graphql(query, json!({ "input": input }))
        .await
        .code()
        .to_owned()
}

both_stacks! {
    async fn the_one_that_fits_the_filter_is_found_though_it_ranks_last(stack: Stack) {
        let app = unlimited(stack).await;
        for number in 0..199 {
            let content = format!("Overdue invoice number {number}");
            let metadata = json!({ "kind": "invoice", "number": number });
            let input = json!({ "userId": "ada", "content": content, "metadata": metadata });
            remember_input(&app.client, input).await;
        }
        let metadata = json!({ "kind": "poem", "number": 7, "tags": ["a", "b"], "none": null });
        let input = json!({ "userId": "ada", "content": "Über allen Gipfeln ist Ruh", "metadata": metadata });
        remember_input(&app.client, input).await;
        let all = search_input(&app.client, json!({ "userId": "ada", "query": "overdue invoice", "limit": 1 })).await;
        assert_eq!((&all["scanned"], &all["exhaustive"]), (&json!(200), &json!(true)));
        let filters = [
            json!({ "kind": "poem" }), json!({ "kind": "poem", "number": 7 }), json!({ "tags": ["a", "b"] }),
            json!({ "none": null }),
        ];
        for filter in filters {
            let input = json!({ "userId": "ada", "query": "overdue invoice", "limit": 1, "filter": filter });
            let found = search_input(&app.client, input).await;
            assert_eq!(contents(&found), ["Über allen Gipfeln ist Ruh"], "{filter}");
            assert_eq!((&found["scanned"], &found["exhaustive"]), (&json!(1), &json!(true)), "{filter}");
        }
        for filter in [json!({ "kind": "Poem" }), json!({ "kind": "poem", "number": 8 }), json!({ "tags": ["a"] }),
            json!({ "other": null }), json!({ "number": "7" })]
        {
            let input = json!({ "userId": "ada", "query": "overdue invoice", "filter": filter });
            let found = search_input(&app.client, input).await;
            assert_eq!((contents(&found).len(), &found["scanned"]), (0, &json!(0)), "{filter}");
        }
    }

    async fn an_empty_filter_lets_everything_through(stack: Stack) {
        let app = unlimited(stack).await;
        remember(&app.client, "ada", "Tea at four").await;
        for filter in [json!({}), Value::Null] {
            let found = search_input(&app.client, json!({ "userId": "ada", "query": "tea", "filter": filter })).await;
            assert_eq!(contents(&found), ["Tea at four"]);
        }
    }

    async fn scores_fall_and_the_least_one_is_kept(stack: Stack) {
        let app = unlimited(stack).await;
        for content in ["tea", "tea at four", "tea and cake at four in the garden", "submarine"] {
            remember(&app.client, "ada", content).await;
        }
        let found = search(&app.client, "ada", "tea").await;
        let hits = found["hits"].as_array().unwrap();
        let scores: Vec<f64> = hits.iter().map(|hit| hit["score"].as_f64().unwrap()).collect();
        assert!(scores.is_sorted_by(|one, next| one >= next), "{scores:?}");
        assert!((scores[0] - 1.0).abs() < 1e-3 && scores[3] < 0.3, "{scores:?}");
        let least = (scores[1] + scores[2]) / 2.0;
        let input = json!({ "userId": "ada", "query": "tea", "minScore": least });
        let fewer = search_input(&app.client, input).await;
        assert_eq!((contents(&fewer), &fewer["scanned"]), (vec!["tea", "tea at four"], &json!(4)));
        for (least, hits) in [(-1.0, 4), (1.0, 1)] {
            let input = json!({ "userId": "ada", "query": "tea", "minScore": least });
            assert!(contents(&search_input(&app.client, input).await).len() <= hits, "{least}");
        }
    }

    async fn the_limit_cuts_the_tail(stack: Stack) {
        let app = unlimited(stack).await;
        for number in 0..15 {
            remember(&app.client, "ada", &format!("tea number {number}")).await;
        }
        let unspoken = search_input(&app.client, json!({ "userId": "ada", "query": "tea" })).await;
        assert_eq!((contents(&unspoken).len(), &unspoken["scanned"]), (10, &json!(15)));
        for (limit, hits) in [(1, 1), (14, 14), (100, 15)] {
            let input = json!({ "userId": "ada", "query": "tea", "limit": limit });
            let found = search_input(&app.client, input).await;
            assert_eq!((contents(&found).len(), &found["exhaustive"]), (hits, &json!(true)));
        }
    }

    async fn a_search_that_makes_no_sense_is_refused(stack: Stack) {
        let app = unlimited(stack).await;
        let base = json!({ "userId": "ada", "query": "tea" });
        let with = |field: &str, value: Value| {
            let mut input = base.clone();
            input[field] = value;
            input
        };
        let many: Value = (0..17).map(|number| (number.to_string(), json!(1))).collect::<serde_json::Map<_, _>>().into();
        let bad = [
            with("limit", json!(0)), with("limit", json!(-1)), with("limit", json!(101)),
            with("limit", json!(1_000_000_000)), with("limit", json!(10_000_000_000_i64)),
            with("minScore", json!(1.01)), with("minScore", json!(-2)), with("minScore", json!(1e300)),
            with("query", json!("")), with("query", json!(" \t")), with("query", json!("a\u{0}")),
            with("query", json!("x".repeat(8 * 1024 + 1))), with("userId", json!("")),
            with("filter", json!([])), with("filter", json!("kind=poem")), with("filter", many),
            with("namespace", json!("a b")), with("namespace", json!("")), with("namespace", json!("ü")),
            with("namespace", json!("a\u{0}b")), with("namespace", json!("'; DROP TABLE memory; --")),
        ];
        for input in bad {
            assert_eq!(refusal(&app, input.clone()).await, "BAD_USER_INPUT", "{input:.200}");
        }
    }

    async fn a_list_keeps_to_its_namespace_and_refuses_what_is_none(stack: Stack) {
        let app = unlimited(stack).await;
        for namespace in ["a", "b"] {
            let input = json!({ "userId": "ada", "content": "tea", "namespace": namespace });
            remember_input(&app.client, input).await;
        }
        let list = "query($namespace: String) { memories(filter: { userId: \"ada\", namespace: $namespace }) \
            { nodes { namespace } } }";
        for (namespace, nodes) in [
            (json!("a"), json!([{ "namespace": "a" }])),
            (json!("c"), json!([])),
            (Value::Null, json!([{ "namespace": "b" }, { "namespace": "a" }])),
        ] {
            let data = app.graphql(list, json!({ "namespace": namespace })).await.data();
            assert_eq!(data["memories"]["nodes"], nodes);
        }
        for namespace in ["%", "a\u{0}", "", "a' OR '1'='1"] {
            let answer = app.graphql(list, json!({ "namespace": namespace })).await;
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{namespace}");
        }
    }
}
