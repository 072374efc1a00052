//! A user with much to do, or with steps that take long, does not keep another user's first step from starting.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use super::{COMPARISON, POEM, app_on, cancel, events, hanging};
use crate::{
    llm::scripted_server::ScriptedServer,
    store::fairness::multiply,
    support::{TestApp, both_stacks},
};

/// The longest that the first step of a user may wait for the work of others.
const PROMISED: Duration = Duration::from_secs(2);

/// How long a new task's first step waited, by the database's clock.
async fn waited(app: &TestApp, user: &str) -> Duration {
    let id = app.submit(user, POEM).await;
    app.wait_for(&id, |task| task["steps"][0]["attempts"] != json!([]))
        .await;
    let events = events(app, &id).await;
    let at = |kind: &str| {
        let event: &Value = events.iter().find(|event| event["kind"] == kind).unwrap();
        chrono::DateTime::parse_from_rfc3339(event["at"].as_str().unwrap()).unwrap()
    };
    (at("STEP_STARTED") - at("TASK_SUBMITTED")).to_std().unwrap()
}

both_stacks! {
    async fn long_steps_that_fill_every_place_leave_one_for_others(stack: Stack) {
        let server = ScriptedServer::always(hanging()).await;
        let app = app_on(stack, &server, |config| config.engine.concurrency = 4).await;
        let mut long = Vec::new();
        for _ in 0..4 {
            long.push(app.submit("ada", COMPARISON).await);
        }
        // Every place for everyone is taken, and more of her steps are ready.
        server.received(4).await;
        for user in ["bob", "cy"] {
            let waited = waited(&app, user).await;
            assert!(waited < PROMISED, "{user} waited {waited:?}");
        }
        for id in long {
            cancel(&app, &id).await;
        }
    }

    async fn a_worker_without_a_free_place_leaves_the_database_in_peace(stack: Stack) {
        let server = ScriptedServer::always(hanging()).await;
        let app = app_on(stack, &server, |config| config.engine.concurrency = 2).await;
        let mut long = Vec::new();
        for _ in 0..3 {
            long.push(app.submit("ada", COMPARISON).await);
        }
        server.received(2).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let before = app.services.store.statements();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let statements = app.services.store.statements() - before;
        // A look every half second, a heartbeat, a rescuer; one that never rests sends thousands.
        assert!(statements < 150, "{statements} statements in two seconds of waiting");
        for id in long {
            cancel(&app, &id).await;
        }
    }

    async fn ten_thousand_queued_steps_do_not_keep_another_user_waiting(stack: Stack) {
        let app = TestApp::start(stack).await;
        for _ in 0..20 {
            let id = app.submit("ada", POEM).await;
            app.finished(&id).await;
        }
        multiply(&app.connection().await, "WORK", 500).await;
        for user in ["bob", "aaron", "cy"] {
            let waited = waited(&app, user).await;
            assert!(waited < PROMISED, "{user} waited {waited:?}");
        }
        assert!(still_queued(&app).await > 1_000, "the queue was empty before the others came");
    }
}

/// Ready steps of the user with many.
async fn still_queued(app: &TestApp) -> i64 {
    let db = app.connection().await;
    let count = "SELECT count(*) AS ready FROM step WHERE status = 'READY' AND key LIKE 'more%'";
    let row = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), count))
        .await
        .unwrap();
    row.unwrap().try_get("", "ready").unwrap()
}
