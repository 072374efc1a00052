//! Stopping and starting again: nothing is lost, nothing lies around, and no answer is bought twice.

use std::time::{Duration, Instant};

use agent_orchestrator::domain::scope::Scope;
use agent_orchestrator::services::caller::Caller;
use entity::enums::StepStatus;
use entity::ids::TaskId;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;

use super::{COMPARISON, POEM, app_on, attempts, cancel, chat, hanging};
use crate::{
    llm::scripted_server::{ScriptedAnswer, ScriptedServer},
    support::{TestApp, both_stacks},
};

async fn remember(app: &TestApp, content: &str) {
    let query = "mutation($c: String!) { remember(input: { userId: \"ada\", content: $c }) { userErrors { message } } }";
    assert_eq!(
        app.graphql(query, json!({ "c": content })).await.data()["remember"]["userErrors"],
        json!([])
    );
}

both_stacks! {
    async fn a_step_under_way_goes_on_after_the_restart_with_the_answers_it_has(stack: Stack) {
        let server = ScriptedServer::start(vec![
            ScriptedAnswer::tool_call("calculator", &json!({ "expression": "2 + 2" })),
            hanging(),
            chat("it is 4"),
        ])
        .await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", "Calculate the sum.").await;
        server.received(2).await;
        let app = app.restart().await;
        let task = app.finished(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("it is 4")), "{task:#}");
        assert_eq!(server.requests().len(), 3, "the first answer was bought once");
        let only = &task["steps"][1];
        assert_eq!(attempts(only, "outcome"), ["RELEASED", "COMPLETED"]);
        assert_eq!(only["toolCalls"].as_array().unwrap().len(), 1, "{only:#}");
        let calls: Vec<_> = only["llmCalls"].as_array().unwrap().iter().map(|call| call["status"].clone()).collect();
        assert_eq!(calls, ["SUCCEEDED", "FAILED", "SUCCEEDED"]);
        assert_eq!(only["cost"], task["cost"]);
    }

    async fn what_is_learned_meanwhile_does_not_change_the_question(stack: Stack) {
        let server = ScriptedServer::start(vec![
            ScriptedAnswer::tool_call("calculator", &json!({ "expression": "2 + 2" })),
            hanging(),
            chat("a poem about the sea"),
        ])
        .await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", "Write a poem about the sea.").await;
        server.received(2).await;
        remember(&app, "Ada likes to write a poem about the sea.").await;
        let app = app.restart().await;
        assert_eq!(app.finished(&id).await["status"], "COMPLETED");
        assert_eq!(server.requests().len(), 3);
    }

    async fn what_a_tool_found_is_not_put_into_the_question(stack: Stack) {
        let server = ScriptedServer::start(vec![
            ScriptedAnswer::tool_call("search_memory", &json!({ "query": "invoices" })),
            hanging(),
            chat("a poem about the sea"),
        ])
        .await;
        let app = app_on(stack, &server, |_| {}).await;
        remember(&app, "Ada likes to write a poem about the sea.").await;
        remember(&app, "The invoices of Lopez are overdue.").await;
        let id = app.submit("ada", "Write a poem about the sea.").await;
        server.received(2).await;
        let app = app.restart().await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED");
        assert_eq!(task["steps"][1]["memoriesRead"].as_array().unwrap().len(), 2, "{task:#}");
        let prompts: Vec<_> = server.requests().iter().map(|request| request.body["messages"][1].clone()).collect();
        assert_eq!(prompts[0], prompts[2]);
        assert_eq!(prompts.len(), 3);
    }

    async fn a_step_that_ends_soon_is_waited_for(stack: Stack) {
        let slow = ScriptedAnswer::sse(&[]).pause(Duration::from_millis(700));
        let slow =
            slow.then("data: {\"choices\":[{\"delta\":{\"content\":\"a poem\"},\"finish_reason\":\"stop\"}]}\n\n").done();
        let server = ScriptedServer::start(vec![slow]).await;
        let mut app = app_on(stack, &server, |config| config.server.drain_seconds = 20).await;
        let id = app.submit("ada", POEM).await;
        server.received(1).await;
        let asked_at = Instant::now();
        app.shut_down().await;
        assert!(asked_at.elapsed() < Duration::from_secs(10), "it waited for nothing");
        let app = app.restart().await;
        let task = app.task(&id).await;
        assert_eq!((&task["status"], &task["result"]), (&json!("COMPLETED"), &json!("a poem")), "{task:#}");
        assert_eq!(attempts(&task["steps"][1], "outcome"), ["COMPLETED"]);
    }

    async fn a_stop_leaves_no_step_behind(stack: Stack) {
        let server = ScriptedServer::always(chat("quick")).await;
        let mut app = app_on(stack, &server, |config| config.limits.enabled = false).await;
        let mut ids = Vec::new();
        for _ in 0..6 {
            for _ in 0..6 {
                ids.push(app.submit("ada", COMPARISON).await);
            }
            app.shut_down().await;
            let running = entity::step::Entity::find().filter(entity::step::Column::Status.eq(StepStatus::Running));
            assert_eq!(running.count(&app.connection().await).await.unwrap(), 0);
            app = app.restart().await;
        }
        for id in &ids {
            assert_eq!(app.finished(id).await["status"], "COMPLETED");
        }
        let ids: Vec<TaskId> = ids.iter().map(|id| id.parse().unwrap()).collect();
        let scope = Scope::of_tenant(Caller::open().tenant);
        let steps = app.services.store.steps_of_tasks(&scope, &ids).await.unwrap();
        assert!(steps.iter().all(|step| step.attempts == 1), "a stop costs no attempt");
    }

    async fn open_sockets_do_not_hold_up_a_stop(stack: Stack) {
        let server = ScriptedServer::always(hanging()).await;
        let mut app = app_on(stack, &server, |config| config.server.drain_seconds = 25).await;
        let id = app.submit("ada", POEM).await;
        server.received(1).await;
        let mut socket = app.socket().await;
        socket.subscribe("1", "subscription($id: ID!) { taskEvents(taskId: $id) { __typename } }", json!({ "id": id })).await;
        socket.next().await;
        cancel(&app, &id).await;
        app.finished(&id).await;
        let _idle = app.socket().await;
        let asked_at = Instant::now();
        app.shut_down().await;
        assert!(asked_at.elapsed() < Duration::from_secs(15), "{:?}", asked_at.elapsed());
    }
}
