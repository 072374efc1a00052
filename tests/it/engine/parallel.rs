//! Independent steps run at the same time, up to the limit.

use serde_json::json;

use super::{COMPARISON, app_on, cancel, chat, explanation, hanging, step_of};
use crate::{llm::scripted_server::ScriptedServer, support::both_stacks};

both_stacks! {
    async fn independent_steps_run_at_the_same_time(stack: Stack) {
        // None is answered before all were asked.
        let server = ScriptedServer::always(hanging()).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", COMPARISON).await;
        let asked = server.received(3).await;
        let mut titles: Vec<_> = asked.iter().map(step_of).collect();
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), 3, "{titles:?}");
        let task = app.task(&id).await;
        let statuses: Vec<_> = task["steps"].as_array().unwrap().iter().map(|step| step["status"].clone()).collect();
        assert_eq!(statuses, ["COMPLETED", "RUNNING", "RUNNING", "RUNNING", "PENDING"]);
        cancel(&app, &id).await;
        assert_eq!(app.finished(&id).await["status"], "CANCELLED");
    }

    async fn no_more_steps_run_than_the_limit_allows(stack: Stack) {
        let server = ScriptedServer::always(hanging()).await;
        let app = app_on(stack, &server, |config| config.engine.concurrency = 2).await;
        let id = app.submit("ada", COMPARISON).await;
        server.received(2).await;
        let task = app.wait_for(&id, |task| {
            task["steps"].as_array().unwrap().iter().filter(|step| step["status"] == "RUNNING").count() == 2
        })
        .await;
        assert_eq!(task["steps"].as_array().unwrap().iter().filter(|step| step["status"] == "READY").count(), 1);
        let why = explanation(&app, &id).await;
        let mut kinds: Vec<_> =
            why["reasons"].as_array().unwrap().iter().map(|reason| reason["kind"].clone()).collect();
        kinds.sort_by_key(ToString::to_string);
        assert_eq!(kinds, ["DEPENDENCY", "RUNNING", "RUNNING", "WORKER"], "{why:#}");
        assert_eq!(server.requests().len(), 2);
        cancel(&app, &id).await;
    }

    async fn a_step_reads_what_it_depends_on(stack: Stack) {
        let server =
            ScriptedServer::answering(|received| Some(chat(&format!("the output of {}", step_of(received))))).await;
        let app = app_on(stack, &server, |_| {}).await;
        let id = app.submit("ada", COMPARISON).await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        let requests = server.requests();
        let last = requests.last().unwrap().body["messages"][1]["content"].as_str().unwrap();
        for earlier in &task["steps"].as_array().unwrap()[1..4] {
            assert!(last.contains(earlier["output"].as_str().unwrap()), "{last}");
        }
        assert_eq!(task["result"], task["steps"][4]["output"]);
        assert_eq!(task["steps"][4]["dependsOn"], json!([{ "key": "s1" }, { "key": "s2" }, { "key": "s3" }]));
    }
}
