//! Lists, a page at a time, while they grow.

use serde_json::{Value, json};

use super::asking::{mutate, still};
use crate::support::{TestApp, both_stacks};

const LIST: &str = "query($first: Int, $after: String, $last: Int, $before: String, $filter: TaskFilter, $order: TaskOrder) \
    { tasks(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order) \
    { edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

async fn page(app: &TestApp, variables: Value) -> Value {
    app.graphql(LIST, variables).await.data()["tasks"].clone()
}

fn ids(page: &Value) -> Vec<String> {
    let nodes = page["nodes"].as_array().unwrap();
    let edges = page["edges"].as_array().unwrap();
    let cursors: Vec<_> = edges.iter().map(|edge| &edge["cursor"]).collect();
    assert_eq!(
        edges.iter().map(|edge| &edge["node"]).collect::<Vec<_>>(),
        nodes.iter().collect::<Vec<_>>()
    );
    assert_eq!(
        cursors.first().map_or(&Value::Null, |first| first),
        &page["pageInfo"]["startCursor"]
    );
    assert_eq!(
        cursors.last().map_or(&Value::Null, |last| last),
        &page["pageInfo"]["endCursor"]
    );
    nodes
        .iter()
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn submitted(app: &TestApp, user: &str, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for at in 0..count {
        ids.push(app.submit(user, &format!("Say hello {at}")).await);
    }
    ids
}

both_stacks! {
    async fn forward_through_the_oldest_while_new_ones_arrive(stack: Stack) {
        let app = still(stack).await;
        let mut all = submitted(&app, "ada", 25).await;
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let found = page(&app, json!({ "first": 7, "after": after, "order": "OLDEST_FIRST" })).await;
            assert_eq!(found["pageInfo"]["hasPreviousPage"], !seen.is_empty());
            seen.extend(ids(&found));
            if seen.len() == 14 {
                all.extend(submitted(&app, "bob", 2).await);
            }
            after = found["pageInfo"]["endCursor"].clone();
            if found["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(seen, all, "each once, in order, the late ones included");
        // Resuming at the end finds what came later, and nothing else.
        let late = submitted(&app, "ada", 1).await;
        assert_eq!(ids(&page(&app, json!({ "after": after, "order": "OLDEST_FIRST" })).await), late);
    }

    async fn forward_through_the_newest_while_new_ones_arrive(stack: Stack) {
        let app = still(stack).await;
        let mut all = submitted(&app, "ada", 25).await;
        all.reverse();
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let found = page(&app, json!({ "first": 10, "after": after })).await;
            seen.extend(ids(&found));
            submitted(&app, "bob", 1).await;
            after = found["pageInfo"]["endCursor"].clone();
            if found["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(seen, all, "new ones are before the first page and disturb nobody");
    }

    async fn backward_in_both_orders(stack: Stack) {
        let app = still(stack).await;
        let oldest = submitted(&app, "ada", 25).await;
        let newest: Vec<_> = oldest.iter().rev().cloned().collect();
        for (order, all) in [("OLDEST_FIRST", &oldest), ("NEWEST_FIRST", &newest)] {
            let (mut seen, mut before) = (Vec::new(), Value::Null);
            loop {
                let found = page(&app, json!({ "last": 10, "before": before, "order": order })).await;
                let mut rows = ids(&found);
                assert_eq!(found["pageInfo"]["hasNextPage"], !seen.is_empty());
                rows.extend(seen);
                seen = rows;
                before = found["pageInfo"]["startCursor"].clone();
                if found["pageInfo"]["hasPreviousPage"] == false {
                    break;
                }
            }
            assert_eq!(&seen, all, "{order}");
            // Between two cursors, from either end.
            let whole = page(&app, json!({ "first": 25, "order": order })).await;
            let cursor = |at: usize| whole["edges"][at]["cursor"].clone();
            let between = json!({ "after": cursor(4), "before": cursor(15), "first": 3, "order": order });
            assert_eq!(ids(&page(&app, between).await), all[5..8], "{order}");
            let between = json!({ "after": cursor(4), "before": cursor(15), "last": 3, "order": order });
            assert_eq!(ids(&page(&app, between).await), all[12..15], "{order}");
            let nothing = json!({ "after": cursor(15), "before": cursor(4), "order": order });
            assert_eq!(ids(&page(&app, nothing).await), Vec::<String>::new());
        }
        assert_eq!(ids(&page(&app, json!({})).await), newest[..20], "twenty of the newest where nothing is said");
    }

    async fn filters_by_user_and_status(stack: Stack) {
        let app = still(stack).await;
        let (ada, bob) = (submitted(&app, "ada", 3).await, submitted(&app, "bob", 2).await);
        for id in [&ada[0], &bob[0]] {
            mutate(&app, "cancelTask", "task { id }", json!({ "id": id })).await;
        }
        for (filter, wanted) in [
            (json!({ "userId": "ada" }), vec![&ada[0], &ada[1], &ada[2]]),
            (json!({ "userId": "ada", "status": ["CANCELLED"] }), vec![&ada[0]]),
            (json!({ "status": ["CANCELLED"] }), vec![&ada[0], &bob[0]]),
            (json!({ "status": ["CANCELLED", "PENDING"], "userId": "bob" }), vec![&bob[0], &bob[1]]),
            (json!({ "status": ["COMPLETED", "FAILED", "WAITING", "RUNNING"] }), vec![]),
            (json!({ "status": [] }), vec![&ada[0], &ada[1], &ada[2], &bob[0], &bob[1]]),
            (json!({ "status": null, "userId": null }), vec![&ada[0], &ada[1], &ada[2], &bob[0], &bob[1]]),
            (json!({ "userId": "nobody" }), vec![]),
            (json!({ "userId": "ad" }), vec![]),
            (json!({ "userId": "ADA" }), vec![]),
        ] {
            let found = page(&app, json!({ "filter": filter, "order": "OLDEST_FIRST" })).await;
            assert_eq!(ids(&found).iter().collect::<Vec<_>>(), wanted, "{filter}");
        }
        let first = page(&app, json!({ "filter": { "userId": "ada" }, "first": 2 })).await;
        assert_eq!(first["pageInfo"]["hasNextPage"], true);
        let rest = json!({ "filter": { "userId": "ada" }, "first": 1, "after": first["pageInfo"]["endCursor"] });
        let rest = page(&app, rest).await;
        assert_eq!((ids(&rest), &rest["pageInfo"]["hasNextPage"]), (vec![ada[0].clone()], &json!(false)));
    }

    async fn memories_newest_first_by_user_and_namespace(stack: Stack) {
        let app = still(stack).await;
        for (user, namespace, content) in [("ada", "default", "one"), ("ada", "work", "two"), ("bob", "default", "three"), ("ada", "default", "four")] {
            let input = json!({ "userId": user, "namespace": namespace, "content": content });
            mutate(&app, "remember", "memory { id }", input).await;
        }
        let list = "query($first: Int, $after: String, $filter: MemoryFilter) { memories(first: $first, after: $after, filter: $filter) \
            { nodes { content } pageInfo { hasNextPage endCursor } } }";
        for (filter, wanted) in [
            (json!({}), vec!["four", "three", "two", "one"]),
            (json!({ "userId": "ada" }), vec!["four", "two", "one"]),
            (json!({ "userId": "ada", "namespace": "default" }), vec!["four", "one"]),
            (json!({ "namespace": "work" }), vec!["two"]),
            (json!({ "taskId": "task_0123456789abcdef0123456789abcdef" }), vec![]),
        ] {
            let (mut found, mut after) = (Vec::new(), Value::Null);
            loop {
                let variables = json!({ "first": 1, "after": after, "filter": filter });
                let page = app.graphql(list, variables).await.data()["memories"].clone();
                let nodes = page["nodes"].as_array().unwrap();
                found.extend(nodes.iter().map(|node| node["content"].as_str().unwrap().to_owned()));
                after = page["pageInfo"]["endCursor"].clone();
                if page["pageInfo"]["hasNextPage"] == false {
                    break;
                }
            }
            assert_eq!(found, wanted, "{filter}");
        }
    }
}
