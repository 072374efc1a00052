//! Lists cost the same number of SQL statements however long they are.

use futures_util::future::join_all;
use serde_json::json;

use super::asking::{restarted, still};
use crate::support::{TestApp, both_stacks};

/// Everything that hangs on a task, two levels deep where that is possible.
const TASKS: &str = "query($user: String) { tasks(first: 100, filter: { userId: $user }) { nodes { id waitingOn \
    plan { summary } messages { content } events(first: 3) { nodes { kind step { key } } } \
    steps { key agent { name } dependsOn { key status } output attempts { outcome } messages { content } \
        toolCalls { tool status } llmCalls { model answer } memoriesWritten { content influencedSteps { key } } \
        memoriesRead { rank memory { content writtenBy { key task { id } } } } } } } }";

const MEMORIES: &str = "query($user: String) { memories(first: 100, filter: { userId: $user }) { nodes { content \
    writtenBy { key task { id status } } influencedSteps { key output } } } }";

/// Statements of one query, and how many rows its list had.
async fn statements(app: &TestApp, query: &str, user: &str) -> (u64, usize) {
    let before = app.services.store.statements();
    let data = app.graphql(query, json!({ "user": user })).await.data();
    let cost = app.services.store.statements() - before;
    let list = data.as_object().unwrap().values().next().unwrap();
    (cost, list["nodes"].as_array().unwrap().len())
}

/// So many tasks of one user, all of them done; the first taught something that the others read.
async fn done(app: &TestApp, user: &str, count: usize) {
    let texts: Vec<_> = (0..count)
        .map(|at| format!("What is {at} * 7? Then write a sentence about it."))
        .collect();
    for round in [&texts[..1], &texts[1..]] {
        for id in join_all(round.iter().map(|text| app.submit(user, text))).await {
            assert_eq!(app.finished(&id).await["status"], "COMPLETED");
        }
    }
}

both_stacks! {
    async fn lists_of_nested_objects_cost_a_constant_number_of_statements(stack: Stack) {
        let app = TestApp::start_with(stack, |config| config.limits.enabled = false).await;
        done(&app, "few", 5).await;
        done(&app, "many", 25).await;
        // Without workers, nothing but the query sends statements.
        let app = restarted(app, false).await;
        for (query, most) in [(TASKS, 25), (MEMORIES, 8)] {
            let ((few, five), (many, more)) = (statements(&app, query, "few").await, statements(&app, query, "many").await);
            assert!(five >= 5 && more >= 25, "{five} and {more} rows: {query}");
            assert_eq!(few, many, "{five} rows cost {few} statements and {more} rows {many}: {query}");
            assert!(many <= most, "{many} statements: {query}");
        }
    }

    async fn nothing_is_read_for_an_empty_list(stack: Stack) {
        let app = still(stack).await;
        for query in [TASKS, MEMORIES] {
            assert_eq!(statements(&app, query, "nobody").await, (1, 0), "{query}");
        }
    }
}
