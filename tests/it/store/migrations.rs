//! Any number of processes may bring an empty database up to date at once.

use std::{collections::BTreeMap, time::Duration};

use agent_orchestrator::store::{DatabaseLocation, Store, StoreSettings};
use futures_util::future::join_all;

use crate::support::{Process, Stack, TestDatabase, both_stacks};

async fn open(database: &TestDatabase, max_connections: u32) -> Store {
    let location = match database.database_url.strip_prefix("sqlite://") {
        Some(path) => DatabaseLocation::Sqlite(path.into()),
        None => DatabaseLocation::Postgres(database.database_url.clone()),
    };
    let settings = StoreSettings {
        database: location,
        max_connections,
        acquire_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(5),
    };
    Store::open(&settings).await.unwrap()
}

fn environment(folder: &tempfile::TempDir, database: &TestDatabase) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("DATABASE_URL", database.database_url.clone()),
        (
            "ORCHESTRATOR_DATA_DIR",
            folder.path().join("data").display().to_string(),
        ),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_start_on_an_empty_postgres_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::create(Stack::Postgres, folder.path()).await;
    let env = environment(&folder, &database);
    let started = join_all((0..4).map(|_| Process::serve(folder.path(), env.clone()))).await;
    for process in &started {
        assert_eq!(process.client.get("/readyz").await.status, 200);
    }
    assert_eq!(
        open(&database, 2).await.pending_migrations().await.unwrap(),
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_pool_may_migrate_many_times_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = TestDatabase::create(Stack::Postgres, folder.path()).await;
    let store = open(&database, 2).await;
    for result in join_all((0..4).map(|_| store.migrate())).await {
        result.unwrap();
    }
    assert_eq!(store.pending_migrations().await.unwrap(), Vec::<String>::new());
}

both_stacks! {
    async fn one_connection_is_enough_to_migrate(stack: Stack) {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(stack, folder.path()).await;
        let store = open(&database, 1).await;
        assert!(!store.pending_migrations().await.unwrap().is_empty());
        store.migrate().await.unwrap();
        assert_eq!(store.pending_migrations().await.unwrap(), Vec::<String>::new());
        store.migrate().await.unwrap();
    }

    async fn the_command_may_be_run_twice(stack: Stack) {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(stack, folder.path()).await;
        let env = environment(&folder, &database);
        for _ in 0..2 {
            let done = Process::run(folder.path(), &env, &["migrate"]).await;
            assert!(done.status.success(), "{done:?}");
            assert_eq!(String::from_utf8(done.stdout).unwrap(), "the database is up to date\n");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_embedded_process_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let env = BTreeMap::from([("ORCHESTRATOR_DATA_DIR", data.clone())]);
    let first = Process::serve(folder.path(), env.clone()).await;
    for command in ["serve", "migrate"] {
        let mut env = env.clone();
        env.insert("ORCHESTRATOR_LISTEN", "127.0.0.1:0".to_owned());
        let refused = Process::run(folder.path(), &env, &[command]).await;
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(
            said.starts_with("agent-orchestrator: another process uses ") && said.contains(&data),
            "{said}"
        );
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    }
    assert_eq!(first.client.get("/readyz").await.status, 200);
    first.kill().await;
    // The lock went with the process.
    let after = Process::serve(folder.path(), env).await;
    assert_eq!(after.client.get("/readyz").await.status, 200);
}
