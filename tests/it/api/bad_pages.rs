//! Page sizes, limits and cursors that mean nothing.

use serde_json::json;

use super::asking::{coded, mutate, refused, still};
use crate::support::both_stacks;

both_stacks! {
    async fn search_limits_and_scores_have_bounds(stack: Stack) {
        let app = still(stack).await;
        let search = "query($l: Int!) { searchMemory(input: { userId: \"ada\", query: \"x\", limit: $l }) { scanned } }";
        for limit in [0, -1, 101, 1_000_000_000, i32::MAX, i32::MIN] {
            let answer = app.graphql(search, json!({ "l": limit })).await;
            assert_eq!(coded(&answer), "BAD_USER_INPUT", "{limit}");
            assert!(answer.message().contains("between 1 and 100"), "{}", answer.message());
        }
        for limit in [json!(10_000_000_000_i64), json!(1.5), json!("3"), json!(null), json!([])] {
            let answer = app.graphql(search, json!({ "l": limit })).await;
            assert!(matches!(coded(&answer), "BAD_USER_INPUT" | "GRAPHQL_VALIDATION_FAILED"), "{limit}");
        }
        for limit in [1, 100] {
            app.graphql(search, json!({ "l": limit })).await.data();
        }
        let search = "query($s: Float) { searchMemory(input: { userId: \"ada\", query: \"x\", minScore: $s }) { scanned } }";
        for score in [-1.1, 1.1, 1e300, -1e300] {
            assert_eq!(coded(&app.graphql(search, json!({ "s": score })).await), "BAD_USER_INPUT", "{score}");
        }
        for score in [-1.0, 0.0, 1.0] {
            app.graphql(search, json!({ "s": score })).await.data();
        }
    }

    async fn pages_have_one_to_a_hundred_rows_from_one_end(stack: Stack) {
        let app = still(stack).await;
        let task = app.submit("ada", "Say hello").await;
        for list in ["tasks", "memories"] {
            for argument in ["first", "last"] {
                for size in [0, -1, 101, 1_000_000_000] {
                    let answer = app.graphql(&format!("{{ {list}({argument}: {size}) {{ nodes {{ id }} }} }}"), json!({})).await;
                    assert_eq!(coded(&answer), "BAD_USER_INPUT", "{list} {argument} {size}");
                    let wanted = format!("{argument} is between 1 and 100");
                    assert!(answer.message().contains(&wanted), "{}", answer.message());
                }
                app.graphql(&format!("{{ {list}({argument}: 100) {{ nodes {{ id }} }} }}"), json!({})).await.data();
            }
            let both = format!("{{ {list}(first: 1, last: 1) {{ nodes {{ id }} }} }}");
            assert_eq!(coded(&app.graphql(&both, json!({})).await), "BAD_USER_INPUT");
            for argument in ["after", "before"] {
                for cursor in ["", "x", "====", "AAAA", &"A".repeat(10_000), "c2VxOjE", &task] {
                    let query = format!("query($c: String) {{ {list}({argument}: $c) {{ nodes {{ id }} }} }}");
                    let answer = app.graphql(&query, json!({ "c": cursor })).await;
                    assert_eq!(coded(&answer), "BAD_USER_INPUT", "{list} {argument} {cursor}");
                    assert!(answer.message().contains(argument), "{}", answer.message());
                }
            }
        }
    }

    async fn events_have_pages_and_cursors_of_their_own(stack: Stack) {
        let app = still(stack).await;
        let task = app.submit("ada", "Say hello").await;
        let read = "query($id: ID!, $first: Int! = 50, $after: String) { task(id: $id) \
            { events(first: $first, after: $after) { nodes { seq } pageInfo { hasNextPage endCursor } } } }";
        for first in [0, -1, 101, 1_000_000_000] {
            let answer = app.graphql(read, json!({ "id": task, "first": first })).await;
            assert_eq!(coded(&answer), "BAD_USER_INPUT", "{first}");
        }
        // "seq:-1", "seq:", "seq:x", "seq:9223372036854775808" and a cursor of the list of tasks.
        for cursor in ["", "x", "c2VxOi0x", "c2VxOg", "c2VxOng", "c2VxOjkyMjMzNzIwMzY4NTQ3NzU4MDg", "AZq0AAAAcACAAAAAAAAAAA"] {
            let answer = app.graphql(read, json!({ "id": task, "after": cursor })).await;
            assert_eq!(coded(&answer), "BAD_USER_INPUT", "{cursor}");
            let input = json!({ "taskId": task, "consumer": "me", "cursor": cursor });
            refused(&mutate(&app, "acknowledgeEvents", "cursor", input).await, "cursor", "BAD_USER_INPUT");
        }
        let page = app.graphql(read, json!({ "id": task, "first": 1 })).await.data()["task"]["events"].clone();
        assert_eq!((&page["nodes"], &page["pageInfo"]["hasNextPage"]), (&json!([{ "seq": "1" }]), &json!(true)));
        let rest = json!({ "id": task, "after": page["pageInfo"]["endCursor"] });
        let page = app.graphql(read, rest).await.data()["task"]["events"].clone();
        assert_eq!((&page["nodes"], &page["pageInfo"]["hasNextPage"]), (&json!([{ "seq": "2" }]), &json!(false)));
        // The largest cursor there can be is after everything.
        let last = json!({ "id": task, "after": "c2VxOjkyMjMzNzIwMzY4NTQ3NzU4MDc" });
        assert_eq!(app.graphql(read, last).await.data()["task"]["events"]["nodes"], json!([]));
    }

    async fn days_are_written_in_full(stack: Stack) {
        let app = still(stack).await;
        for day in ["", "today", "2026-1-1", "2026-13-01", "2026-02-30", "26-01-01", "+2026-01-01", "2026-01-01T00:00:00Z", " 2026-01-01", "10000-01-01"] {
            for field in ["from", "to"] {
                let query = format!("query($d: String) {{ costs(groupBy: [], filter: {{ {field}: $d }}) {{ entries }} }}");
                let answer = app.graphql(&query, json!({ "d": day })).await;
                assert_eq!(coded(&answer), "BAD_USER_INPUT", "{field} {day}");
                assert!(answer.message().contains("YYYY-MM-DD"), "{}", answer.message());
            }
        }
    }
}
