//! What was spent: the sums agree whichever way they are taken, and money runs out.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use super::asking::mutate;
use crate::support::{Stack, TestApp, both_stacks};

const DIMENSIONS: [(&str, &str); 8] = [
    ("TASK", "taskId"),
    ("STEP", "stepId"),
    ("AGENT", "agent"),
    ("PROVIDER", "provider"),
    ("MODEL", "model"),
    ("USER", "userId"),
    ("DAY", "day"),
    ("KIND", "kind"),
];

/// With a price on what the offline model does.
async fn priced(stack: Stack) -> TestApp {
    TestApp::start_with(stack, |config| {
        let file = config.storage.data_dir.join("prices.toml");
        std::fs::write(
            &file,
            "[models]\n\"offline/*\" = { input = \"3\", output = \"15\" }\n",
        )
        .unwrap();
        config.models.prices_file = Some(file);
        config.limits.enabled = false;
    })
    .await
}

/// Billionths.
fn nanos(amount: &Value) -> i128 {
    let text = amount["amount"].as_str().unwrap();
    let (whole, places) = text.split_once('.').unwrap();
    assert_eq!(places.len(), 9, "{text}");
    format!("{whole}{places}").parse().unwrap()
}

async fn costs(app: &TestApp, by: &[&str], filter: Value) -> Vec<Value> {
    let query = "query($by: [CostDimension!]!, $filter: CostFilter) { costs(groupBy: $by, filter: $filter) \
        { key { taskId stepId agent provider model userId day kind } amount { amount currency } entries unpricedEntries inputTokens outputTokens } }";
    let data = app
        .graphql(query, json!({ "by": by, "filter": filter }))
        .await
        .data();
    data["costs"].as_array().unwrap().clone()
}

/// Money, lines and tokens of several groups together.
fn total(groups: &[Value]) -> [i128; 4] {
    let count = |group: &Value, field: &str| group[field].as_str().unwrap().parse::<i128>().unwrap();
    groups.iter().fold([0; 4], |sum, group| {
        let one = [
            nanos(&group["amount"]),
            count(group, "entries"),
            count(group, "inputTokens"),
            count(group, "outputTokens"),
        ];
        std::array::from_fn(|at| sum[at] + one[at])
    })
}

both_stacks! {
    async fn the_sums_agree_whichever_way_they_are_taken(stack: Stack) {
        let app = priced(stack).await;
        let mut tasks = Vec::new();
        for (user, text) in [("ada", "What is 12 * 12?"), ("ada", "Compare tea and coffee, then recommend one"), ("bob", "Say hello")] {
            let id = app.submit(user, text).await;
            tasks.push(app.finished(&id).await);
        }
        mutate(&app, "remember", "memory { id }", json!({ "userId": "bob", "content": "Bob likes coffee" })).await;
        app.graphql("{ searchMemory(input: { userId: \"bob\", query: \"drinks\" }) { scanned } }", json!({})).await.data();
        let all = costs(&app, &[], json!(null)).await;
        assert_eq!(all.len(), 1);
        let whole = total(&all);
        assert!(whole[0] > 0 && whole[1] > 8 && whole[2] > 0 && whole[3] > 0, "{all:#?}");
        for (dimension, key) in DIMENSIONS {
            let groups = costs(&app, &[dimension], json!({})).await;
            assert_eq!(total(&groups), whole, "by {dimension}");
            let amounts: Vec<_> = groups.iter().map(|group| nanos(&group["amount"])).collect();
            assert!(amounts.is_sorted_by(|one, next| one >= next), "dearest first by {dimension}: {amounts:?}");
            let mut keys: Vec<_> = groups.iter().map(|group| group["key"][key].to_string()).collect();
            let groups_before = keys.len();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), groups_before, "each group once");
            for (_, other) in DIMENSIONS.iter().filter(|(other, _)| *other != dimension) {
                assert!(groups.iter().all(|group| group["key"][other].is_null()), "{other} was not asked for");
            }
        }
        for by in [vec!["USER", "KIND"], vec!["AGENT", "MODEL", "DAY"], vec!["TASK", "TASK", "STEP"], DIMENSIONS.iter().map(|(name, _)| *name).collect()] {
            assert_eq!(total(&costs(&app, &by, json!(null)).await), whole, "by {by:?}");
        }
        let by_task: BTreeMap<String, i128> = costs(&app, &["TASK"], json!(null)).await.iter()
            .filter_map(|group| Some((group["key"]["taskId"].as_str()?.to_owned(), nanos(&group["amount"])))).collect();
        for task in &tasks {
            let id = task["id"].as_str().unwrap();
            let steps: i128 = task["steps"].as_array().unwrap().iter().map(|step| nanos(&step["cost"])).sum();
            assert_eq!(nanos(&task["cost"]), steps, "a task costs what its steps cost");
            assert_eq!(by_task[id], steps, "and its entries say the same");
            assert_eq!(total(&costs(&app, &[], json!({ "taskId": id })).await)[0], steps);
            for step in task["steps"].as_array().unwrap() {
                let entries = costs(&app, &["STEP"], json!({ "taskId": id })).await;
                let mine: i128 = entries.iter().filter(|group| group["key"]["stepId"] == step["id"]).map(|group| nanos(&group["amount"])).sum();
                assert_eq!(nanos(&step["cost"]), mine);
            }
        }
    }

    async fn filters_choose_among_the_entries(stack: Stack) {
        let app = priced(stack).await;
        for user in ["ada", "bob"] {
            let id = app.submit(user, "Say hello").await;
            app.finished(&id).await;
        }
        let whole = total(&costs(&app, &[], json!(null)).await);
        let only = async |filter: Value| total(&costs(&app, &[], filter).await);
        let (ada, bob) = (only(json!({ "userId": "ada" })).await, only(json!({ "userId": "bob" })).await);
        assert_eq!(std::array::from_fn(|at| ada[at] + bob[at]), whole);
        assert!(ada[1] > 0 && bob[1] > 0);
        for (dimension, key) in [("AGENT", "agent"), ("MODEL", "model")] {
            for group in costs(&app, &[dimension], json!(null)).await {
                let Some(name) = group["key"][key].as_str() else { continue };
                assert_eq!(only(json!({ key: name })).await, total(std::slice::from_ref(&group)), "{key} {name}");
            }
        }
        assert_eq!(only(json!({ "agent": "nobody" })).await, [0; 4]);
        let day = costs(&app, &["DAY"], json!(null)).await[0]["key"]["day"].as_str().unwrap().to_owned();
        let last = costs(&app, &["DAY"], json!(null)).await.last().unwrap()["key"]["day"].as_str().unwrap().to_owned();
        let (from, to) = (day.clone().min(last.clone()), day.max(last));
        assert_eq!(only(json!({ "from": from, "to": to })).await, whole, "both days are included");
        assert_eq!(only(json!({ "from": "9999-12-31" })).await, [0; 4]);
        assert_eq!(only(json!({ "to": "2000-01-01" })).await, [0; 4]);
        assert_eq!(only(json!({ "from": to, "to": "2000-01-01" })).await, [0; 4]);
    }

    async fn a_spent_budget_is_waited_for_and_explained(stack: Stack) {
        let app = priced(stack).await;
        let id = app.submit_input(json!({ "userId": "ada", "description": "Say hello", "budget": { "amount": "0.000000001" } })).await;
        let task = app.wait_for(&id, |task| task["status"] == "WAITING").await;
        assert_eq!(task["waitingOn"], json!(["BUDGET"]));
        let explain = "query($id: ID!) { explainTask(id: $id) { summary reasons { kind message step { key waitingOn } } } }";
        let explanation = app.graphql(explain, json!({ "id": id })).await.data()["explainTask"].clone();
        assert_eq!(explanation["reasons"][0]["kind"], "BUDGET", "{explanation:#}");
        assert_eq!(explanation["reasons"][0]["step"]["waitingOn"], "BUDGET");
        let raise = json!({ "id": id, "budget": { "amount": "10" } });
        assert_eq!(mutate(&app, "raiseBudget", "task { id }", raise).await["userErrors"], json!([]));
        let task = app.finished(&id).await;
        assert_eq!(task["status"], "COMPLETED", "{task:#}");
        assert_eq!(nanos(&task["budgetLeft"]), 10_000_000_000 - nanos(&task["cost"]));
        assert!(nanos(&task["cost"]) > 0);
    }

    async fn what_has_no_price_is_said_to_have_none(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "Say hello").await;
        let task = app.finished(&id).await;
        assert_eq!(nanos(&task["cost"]), 0, "the offline model is known to cost nothing");
        let connection = app.connection().await;
        let forget = Statement::from_string(connection.get_database_backend(), "UPDATE ledger_entry SET amount_nanos = NULL WHERE kind = 'LLM_CALL'");
        let changed = connection.execute_raw(forget).await.unwrap().rows_affected();
        assert!(changed > 0);
        let groups = costs(&app, &["KIND"], json!(null)).await;
        let calls = groups.iter().find(|group| group["key"]["kind"] == "LLM_CALL").unwrap();
        assert_eq!(calls["unpricedEntries"], calls["entries"]);
        assert_eq!(calls["entries"], changed.to_string());
    }
}
