//! The main job from end to end: submit, watch, read, and find what was learned.

use serde_json::json;

use crate::support::{TestApp, both_stacks};

both_stacks! {
    async fn a_task_is_planned_and_carried_out(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "Analyze the requirements and build a plan. Then implement core APIs.").await;
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        let steps = task["steps"].as_array().unwrap();
        let agents: Vec<_> = steps.iter().map(|step| step["agent"]["name"].as_str().unwrap()).collect();
        assert_eq!(agents, ["planner", "analyst", "architect", "engineer"]);
        let needs: Vec<_> = steps.iter().map(|step| step["dependsOn"].clone()).collect();
        assert_eq!(needs, [json!([]), json!([]), json!([{ "key": "s1" }]), json!([{ "key": "s2" }])]);
        assert!(steps[1..].iter().all(|step| step["output"].as_str().is_some_and(|output| !output.is_empty())));
        assert_eq!(task["result"], steps[3]["output"]);
        assert_eq!(task["plan"]["author"], "RULES");
    }

    async fn a_sum_is_calculated_with_the_tool(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "What is 120.50 + 79.50?").await;
        let task = app.finished(&id).await;
        let call = &task["steps"][1]["toolCalls"][0];
        assert_eq!((&call["tool"], &call["status"], &call["result"]), (&json!("calculator"), &json!("SUCCEEDED"), &json!("200")));
        assert!(task["result"].as_str().unwrap().contains("200"), "{task:#}");
    }

    async fn every_event_arrives_once_and_in_order(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "Compare Postgres, MySQL and SQLite, then recommend one").await;
        let mut socket = app.socket().await;
        let watch = "subscription($id: ID!) { taskEvents(taskId: $id) { __typename \
            ... on TaskEvent { seq kind } ... on CaughtUp { seq } ... on Ended { finalSeq status } } }";
        socket.subscribe("1", watch, json!({ "id": id })).await;
        let items = socket.rest().await;
        let events: Vec<_> = items
            .iter()
            .map(|item| &item["taskEvents"])
            .filter(|item| item["__typename"] == "TaskEvent")
            .collect();
        for (at, event) in (1..).zip(&events) {
            assert_eq!(event["seq"], format!("{at}"), "{events:#?}");
        }
        assert_eq!(events.last().unwrap()["kind"], "TASK_COMPLETED");
        let end = &items.last().unwrap()["taskEvents"];
        assert_eq!((&end["__typename"], &end["status"]), (&json!("Ended"), &json!("COMPLETED")));
        assert_eq!(end["finalSeq"], events.last().unwrap()["seq"]);
        assert_eq!(items.iter().filter(|item| item["taskEvents"]["__typename"] == "CaughtUp").count(), 1);
    }

    async fn what_was_learned_is_found_by_its_owner_only(stack: Stack) {
        let app = TestApp::start(stack).await;
        let search = "query($user: String!) { searchMemory(input: { userId: $user, query: \"invoice\", limit: 3 }) \
            { hits { score memory { id content writtenBy { task { id } } } } exhaustive scanned } }";
        let unrelated = app.submit("ada", "Plan a birthday party in the garden").await;
        app.finished(&unrelated).await;
        let id = app.submit("ada", "Summarize which customers have overdue invoices").await;
        app.finished(&id).await;
        let found = app.graphql(search, json!({ "user": "ada" })).await.data()["searchMemory"].clone();
        assert_eq!(found["hits"][0]["memory"]["writtenBy"]["task"]["id"], id, "{found:#}");
        assert!(found["hits"][0]["score"].as_f64() > found["hits"][1]["score"].as_f64(), "{found:#}");
        assert_eq!(found["exhaustive"], true);
        let foreign = app.graphql(search, json!({ "user": "bob" })).await.data()["searchMemory"].clone();
        assert_eq!(foreign["hits"], json!([]));
    }
}
