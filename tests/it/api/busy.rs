//! A database that has no connection left: whoever waited in vain is told so, and feeds do not make it so.

use std::time::Duration;

use futures_util::{StreamExt, future::join_all, stream::FuturesUnordered};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait,
};
use serde_json::json;

use crate::support::{Stack, TestApp, both_stacks};

/// An API without workers, with so many connections, for each of which it waits half a second.
async fn with_connections(stack: Stack, connections: u32) -> TestApp {
    TestApp::start_with(stack, |config| {
        config.server.roles.worker = false;
        config.limits.enabled = false;
        config.storage.max_connections = connections;
        config.storage.acquire_timeout_ms = 500;
    })
    .await
}

/// Keeps everybody from a table, until it is dropped or rolled back.
async fn barred(connection: &DatabaseConnection, stack: Stack, table: &str) -> DatabaseTransaction {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let bar = connection.begin_with_options(options).await.unwrap();
    // SQLite has one writer, and now it is this one.
    if stack == Stack::Postgres {
        let lock = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        bar.execute_unprepared(&lock).await.unwrap();
    }
    bar
}

const CANCEL: &str = "mutation($id: ID!) { cancelTask(input: { id: $id }) { task { id } } }";

both_stacks! {
    async fn who_finds_no_connection_in_time_is_told_so(stack: Stack) {
        let app = with_connections(stack, 2).await;
        let id = app.submit("ada", "Write a poem.").await;
        let connection = app.connection().await;
        let bar = barred(&connection, stack, "task").await;
        let mut answers: FuturesUnordered<_> =
            (0..8).map(|_| app.graphql(CANCEL, json!({ "id": id }))).collect();
        // Two at most hold a connection, and wait for the table.
        for _ in 0..6 {
            let answer = answers.next().await.unwrap();
            assert_eq!(answer.code(), "TIMEOUT", "{:#}", answer.body);
            assert!(answer.message().contains("busy") && answer.message().contains("try again"), "{}", answer.message());
        }
        bar.rollback().await.unwrap();
        let mut done = 0;
        while let Some(answer) = answers.next().await {
            // On SQLite only one had the connection.
            if answer.body.get("errors").is_some() {
                assert_eq!(answer.code(), "TIMEOUT", "{:#}", answer.body);
                continue;
            }
            assert_eq!(answer.data()["cancelTask"]["task"]["id"], id.as_str());
            done += 1;
        }
        assert!(done > 0, "who had a connection goes on");
        connection.close().await.unwrap();
    }
}

/// Statements of the program that wait for a lock.
async fn waiting(connection: &impl ConnectionTrait) -> i64 {
    let count = "SELECT count(*) AS n FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let count = Statement::from_string(connection.get_database_backend(), count);
    let row = connection.query_one_raw(count).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_feeds_wake_requests_find_a_connection() {
    let app = with_connections(Stack::Postgres, 8).await;
    let ids = join_all((0..24).map(|_| app.submit("ada", "Write a poem."))).await;
    let connection = app.connection().await;
    let bar = barred(&connection, Stack::Postgres, "event").await;
    let watch = "subscription($id: ID!) { taskEvents(taskId: $id) { __typename } }";
    let mut sockets = Vec::new();
    for id in &ids {
        let mut socket = app.socket().await;
        socket.subscribe("1", watch, json!({ "id": id })).await;
        sockets.push(socket);
    }
    let look = "query($id: ID!) { task(id: $id) { status } }";
    let deadline = tokio::time::Instant::now() + Duration::from_secs(3);
    let mut most = 0;
    while tokio::time::Instant::now() < deadline {
        let answers = join_all(ids.iter().map(|id| app.graphql(look, json!({ "id": id })))).await;
        for answer in answers {
            assert_eq!(answer.data()["task"]["status"], "PENDING");
        }
        most = most.max(waiting(&bar).await);
    }
    assert_eq!(most, 2, "a quarter of the connections reads for feeds");
    bar.rollback().await.unwrap();
    for socket in &mut sockets {
        assert_eq!(socket.next().await["taskEvents"]["__typename"], "TaskEvent");
    }
}
