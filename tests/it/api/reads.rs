//! Single objects: by id, as configured, and why a task is not moving.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::asking::{coded, mutate, still};
use crate::support::{TestApp, both_stacks};

async fn node(app: &TestApp, id: &Value) -> Value {
    let query = "query($id: ID!) { node(id: $id) { __typename id ... on Task { description } \
        ... on Step { key task { id } } ... on Memory { content } } }";
    app.graphql(query, json!({ "id": id })).await.data()["node"].clone()
}

async fn explained(app: &TestApp, id: &str) -> Value {
    let query = "query($id: ID!) { explainTask(id: $id) { summary task { id status } reasons { kind message step { key status } } } }";
    app.graphql(query, json!({ "id": id })).await.data()["explainTask"].clone()
}

fn kinds(explanation: &Value) -> Vec<&str> {
    let reasons = explanation["reasons"].as_array().unwrap();
    assert!(
        reasons
            .iter()
            .all(|reason| reason["message"].as_str().unwrap().len() > 5),
        "{explanation:#}"
    );
    reasons
        .iter()
        .map(|reason| reason["kind"].as_str().unwrap())
        .collect()
}

both_stacks! {
    async fn everything_with_an_id_is_a_node(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "What is 12 * 12?").await;
        app.finished(&id).await;
        // One of two that fails leaves the other as it is.
        let query = "query($id: ID!) { task(id: $id) { id } step(id: $id) { id } }";
        let answer = app.graphql(query, json!({ "id": id })).await;
        assert_eq!((coded(&answer), &answer.body["data"]), ("BAD_USER_INPUT", &json!({ "task": { "id": id }, "step": null })));
        let query = "query($id: ID!) { task(id: $id) { steps { id key } } memories(filter: { taskId: $id }) { nodes { id content } } }";
        let data = app.graphql(query, json!({ "id": id })).await.data();
        let task = node(&app, &json!(id)).await;
        assert_eq!(task, json!({ "__typename": "Task", "id": id, "description": "What is 12 * 12?" }));
        let steps = data["task"]["steps"].as_array().unwrap();
        assert!(steps.len() >= 2, "{data:#}");
        for step in steps {
            let wanted = json!({ "__typename": "Step", "id": step["id"], "key": step["key"], "task": { "id": id } });
            assert_eq!(node(&app, &step["id"]).await, wanted);
            let by_id = app.graphql("query($id: ID!) { step(id: $id) { key } }", json!({ "id": step["id"] })).await.data();
            assert_eq!(by_id["step"]["key"], step["key"]);
        }
        let memories = data["memories"]["nodes"].as_array().unwrap();
        assert!(!memories.is_empty(), "the task taught nothing: {data:#}");
        for memory in memories {
            let wanted = json!({ "__typename": "Memory", "id": memory["id"], "content": memory["content"] });
            assert_eq!(node(&app, &memory["id"]).await, wanted);
        }
    }

    async fn a_task_shows_what_was_done_for_it(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "Work out 12 * 12, then write one sentence about it").await;
        app.finished(&id).await;
        let query = "query($id: ID!) { task(id: $id) { createdAt startedAt endedAt eventCursor plan { version author summary document createdAt } \
            messages { role author content } events(first: 100) { nodes { seq kind taskId stepId step { id } cursor } pageInfo { endCursor } } \
            steps { id createdAt startedAt endedAt maxAttempts attempts { id epoch outcome startedAt endedAt } messages { id role } \
                llmCalls { id status answer startedAt durationMs } memoriesWritten { writtenBy { id } influencedSteps { id } } } } }";
        let task = app.graphql(query, json!({ "id": id })).await.data()["task"].clone();
        assert!(task["createdAt"].as_str() <= task["startedAt"].as_str() && task["startedAt"].as_str() <= task["endedAt"].as_str(), "{task:#}");
        assert_eq!(task["plan"]["version"], 1);
        assert_eq!(task["plan"]["document"]["steps"].as_array().unwrap().len() + 1, task["steps"].as_array().unwrap().len());
        assert_eq!(task["messages"][0]["role"], "USER");
        assert_eq!(task["messages"][0]["author"], "ada");
        let events = task["events"]["nodes"].as_array().unwrap();
        assert_eq!(task["events"]["pageInfo"]["endCursor"], task["eventCursor"]);
        for (at, event) in (1..).zip(events) {
            assert_eq!((&event["seq"], &event["taskId"]), (&json!(format!("{at}")), &json!(id)));
            assert_eq!(event["stepId"], event["step"].get("id").cloned().unwrap_or_default());
        }
        for step in task["steps"].as_array().unwrap() {
            assert_eq!((&step["attempts"][0]["epoch"], &step["attempts"][0]["outcome"]), (&json!("1"), &json!("COMPLETED")));
            for memory in step["memoriesWritten"].as_array().unwrap() {
                assert_eq!(memory["writtenBy"]["id"], step["id"]);
            }
        }
        let work = &task["steps"][1];
        assert_eq!(work["llmCalls"][0]["status"], "SUCCEEDED", "{work:#}");
        assert!(work["messages"].as_array().is_some_and(|messages| !messages.is_empty()), "{work:#}");
    }

    async fn agents_tools_and_the_viewer_are_shown(stack: Stack) {
        let app = still(stack).await;
        let query = "{ viewer { tenantId authMode } agents { name description instructions model tools } \
            tools { name description parameters effect timeoutMs } }";
        let data = app.graphql(query, json!({})).await.data();
        assert_eq!(data["viewer"], json!({ "tenantId": "default", "authMode": "OPEN" }));
        let names = |list: &str| -> BTreeSet<String> {
            let all = data[list].as_array().unwrap();
            let names: BTreeSet<_> = all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
            assert_eq!(names.len(), all.len(), "each {list} once");
            names
        };
        let (agents, tools) = (names("agents"), names("tools"));
        for agent in ["analyst", "researcher", "architect", "engineer", "reviewer", "writer"] {
            assert!(agents.contains(agent), "{agents:?}");
        }
        for tool in ["calculator", "current_time", "search_memory", "remember", "read_notes", "write_notes"] {
            assert!(tools.contains(tool), "{tools:?}");
        }
        assert!(!tools.contains("web_fetch"), "off by default");
        for tool in data["tools"].as_array().unwrap() {
            assert_eq!(tool["parameters"]["type"], "object", "{tool:#}");
            assert!(tool["timeoutMs"].as_i64().unwrap() > 0 && !tool["description"].as_str().unwrap().is_empty());
        }
        for agent in data["agents"].as_array().unwrap() {
            assert!(["description", "instructions", "model"].iter().all(|field| !agent[field].as_str().unwrap().is_empty()));
        }
    }

    async fn a_task_says_why_it_is_not_moving(stack: Stack) {
        let app = still(stack).await;
        let id = app.submit("ada", "Say hello").await;
        let waiting = explained(&app, &id).await;
        assert_eq!((kinds(&waiting), &waiting["task"]["status"]), (vec!["WORKER"], &json!("PENDING")), "{waiting:#}");
        assert_eq!(waiting["reasons"][0]["step"], json!({ "key": "plan", "status": "READY" }));
        mutate(&app, "cancelTask", "task { id }", json!({ "id": id })).await;
        let ended = explained(&app, &id).await;
        assert_eq!((kinds(&ended), ended["summary"].as_str().unwrap().contains("CANCELLED")), (vec![], true), "{ended:#}");
    }
}
