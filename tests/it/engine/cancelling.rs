//! Cancelling: what runs is dropped, what waits is ended, what has ended stays.

use std::time::{Duration, Instant};

use agent_orchestrator::config::server::Roles;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

use super::{BRANCHES, POEM, app_on, cancel, chat, events, hanging, retry, step};
use crate::{
    llm::scripted_server::ScriptedServer,
    support::{TestApp, both_stacks},
};

/// A server that begins to answer and then says nothing; tells when a request has come and when its line is cut.
async fn silent_server() -> (String, mpsc::Receiver<&'static str>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 64 * 1024];
                let _ = socket.read(&mut buffer).await;
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
                let _ = socket.write_all(head.as_bytes()).await;
                let _ = tell.send("asked").await;
                while socket.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
                let _ = tell.send("dropped").await;
            });
        }
    });
    (url, told)
}

both_stacks! {
    async fn a_model_call_under_way_is_dropped(stack: Stack) {
        let (url, mut told) = silent_server().await;
        let app = TestApp::start_with(stack, |config| {
            config.models.openai.base_url = serde_json::from_value(json!(url)).unwrap();
        })
        .await;
        let id = app.submit("ada", POEM).await;
        assert_eq!(told.recv().await, Some("asked"));
        let asked_at = Instant::now();
        assert_eq!(cancel(&app, &id).await["task"]["status"], "RUNNING");
        let dropped = tokio::time::timeout(Duration::from_secs(30), told.recv()).await.expect("the call goes on");
        assert_eq!(dropped, Some("dropped"));
        let task = app.finished(&id).await;
        // Sooner than the next heartbeat could have said it.
        assert!(asked_at.elapsed() < Duration::from_secs(10), "{:?}", asked_at.elapsed());
        assert_eq!(task["status"], "CANCELLED", "{task:#}");
        let only = &task["steps"][1];
        assert_eq!((&only["status"], &only["attempts"][0]["outcome"]), (&json!("CANCELLED"), &json!("CANCELLED")));
        let call = &only["llmCalls"][0];
        assert_eq!((&call["status"], &call["error"]["code"]), (&json!("FAILED"), &json!("ABANDONED")));
        let events = events(&app, &id).await;
        let stopped = events.iter().find(|event| event["kind"] == "STEP_CANCELLED").unwrap();
        let in_flight = stopped["payload"]["inFlight"].as_array().unwrap();
        assert_eq!(
            (in_flight.len(), &in_flight[0]["fate"], &in_flight[0]["model"]),
            (1, &json!("DROPPED"), &json!("gpt-4o-mini")),
        );
        let order: Vec<_> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
        assert!(order.ends_with(&["CANCEL_REQUESTED", "STEP_CANCELLED", "TASK_CANCELLED"]), "{order:?}");
    }

    async fn a_task_no_worker_has_seen_ends_at_once(stack: Stack) {
        let app = TestApp::start_with(stack, |config| config.server.roles = Roles { api: true, worker: false }).await;
        let id = app.submit("ada", POEM).await;
        assert_eq!(cancel(&app, &id).await["task"]["status"], "CANCELLED");
        let task = app.task(&id).await;
        assert_eq!(task["steps"][0]["status"], "CANCELLED");
        // Asking again changes nothing.
        assert_eq!(cancel(&app, &id).await["task"]["status"], "CANCELLED");
        assert_eq!(app.task(&id).await, task);
    }

    async fn a_task_that_has_ended_stays_as_it_is(stack: Stack) {
        let server = ScriptedServer::always(chat("a poem")).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", POEM).await;
        let task = app.finished(&id).await;
        assert_eq!(cancel(&app, &id).await["task"]["status"], "COMPLETED");
        assert_eq!(app.task(&id).await, task);
    }

    async fn a_cancelled_task_can_be_taken_up_again(stack: Stack) {
        let server =
            ScriptedServer::start(vec![chat("one"), hanging(), chat("two"), chat("three"), chat("four")]).await;
        let app = app_on(stack, &server, |config| config.engine.concurrency = 1).await;
        let id = app.submit("ada", BRANCHES).await;
        server.received(2).await;
        cancel(&app, &id).await;
        let cancelled = app.finished(&id).await;
        let count = |task: &Value, status: &str| {
            task["steps"].as_array().unwrap().iter().filter(|step| step["status"] == status).count()
        };
        assert_eq!((count(&cancelled, "COMPLETED"), count(&cancelled, "CANCELLED")), (2, 3), "{cancelled:#}");
        assert_eq!(cancelled["result"], Value::Null);
        assert_eq!(retry(&app, &id).await["userErrors"], json!([]));
        let done = app.finished(&id).await;
        assert_eq!((&done["status"], count(&done, "COMPLETED")), (&json!("COMPLETED"), 5), "{done:#}");
        assert_eq!(server.requests().len(), 5);
        assert_eq!(step(&done, "Ship it")["output"], "four");
    }

    async fn unknown_tasks_cannot_be_steered(stack: Stack) {
        let server = ScriptedServer::always(chat("a poem")).await;
        let app = app_on(stack, &server, |_| {}).await;
        let absent = "task_00000000000000000000000000000000";
        for refused in [cancel(&app, absent).await, retry(&app, absent).await] {
            assert_eq!((&refused["task"], &refused["userErrors"][0]["code"]), (&Value::Null, &json!("NOT_FOUND")));
        }
    }
}
