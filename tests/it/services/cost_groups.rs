//! Costs by every dimension are the sums of the ledger's rows.

use std::collections::BTreeMap;

use entity::{ledger_entry, values::NanoUsd};
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

use super::{
    completed,
    model::{calls, model, says},
    speak_with,
};
use crate::support::{Stack, TestApp, both_stacks};

/// A dimension, its field of the key, and its value in a row.
type Dimension = (&'static str, &'static str, fn(&ledger_entry::Model) -> Value);

const DIMENSIONS: [Dimension; 8] = [
    ("TASK", "taskId", |row| {
        json!(row.task_id.map(|id| id.to_string()))
    }),
    ("STEP", "stepId", |row| {
        json!(row.step_id.map(|id| id.to_string()))
    }),
    ("AGENT", "agent", |row| json!(row.agent)),
    ("PROVIDER", "provider", |row| json!(row.provider)),
    ("MODEL", "model", |row| json!(row.model)),
    ("USER", "userId", |row| json!(row.user_id.0)),
    ("DAY", "day", |row| json!(row.day)),
    ("KIND", "kind", |row| json!(row.kind)),
];

/// Two users, two tasks, chat and embeddings with and without a price, and searches outside of tasks.
async fn spent(stack: Stack) -> TestApp {
    let server = model(|asked| match asked.tool_results().len() {
        0 => calls("calculator", &json!({ "expression": "2 * 3" })),
        _ => says("Six it is, whatever the requirements say."),
    })
    .await;
    let app = TestApp::start_with(stack, |config| {
        speak_with(config, &server);
        config.models.openai.embedding_model = Some("text-embedding-3-small".to_owned());
        config.models.openai.embedding_dimension = 8;
    })
    .await;
    completed(&app, "Analyze the requirements. Then review the code.").await;
    let bobs = app.submit("bob", "Analyze the requirements.").await;
    app.finished(&bobs).await;
    for user in ["ada", "bob"] {
        let search =
            "query($user: String!) { searchMemory(input: { userId: $user, query: \"six\" }) { scanned } }";
        app.graphql(search, json!({ "user": user })).await.data();
    }
    // The same ledger goes on: a day later, by a model whose price is not known, and by one that is dear.
    let connection = app.connection().await;
    let rows = ledger_entry::Entity::find().all(&connection).await.unwrap();
    for (amount, model, day) in [
        (None, "mystery-1", "2031-12-31"),
        (Some(NanoUsd(4_000_000_000_000_000_000)), "dear-1", "2032-01-01"),
    ] {
        let entry = ledger_entry::Model {
            id: entity::ids::LedgerEntryId::generate(),
            model: model.to_owned(),
            amount_nanos: amount,
            day: day.to_owned(),
            input_tokens: 3_000_000_000,
            ..rows[0].clone()
        };
        ledger_entry::Entity::insert(entry.into_active_model())
            .exec_without_returning(&connection)
            .await
            .unwrap();
    }
    app
}

async fn rows(app: &TestApp) -> Vec<ledger_entry::Model> {
    ledger_entry::Entity::find()
        .all(&app.connection().await)
        .await
        .unwrap()
}

/// Groups as the API tells them: key, amount, entries, entries without a price, tokens read and written.
async fn grouped(app: &TestApp, by: &[Dimension], filter: Value) -> Vec<(String, [i128; 5])> {
    let query = "query($by: [CostDimension!]!, $filter: CostFilter) { costs(groupBy: $by, filter: $filter) { \
        key { taskId stepId agent provider model userId day kind } amount { amount currency } entries \
        unpricedEntries inputTokens outputTokens } }";
    let names: Vec<&str> = by.iter().map(|dimension| dimension.0).collect();
    let data = app
        .graphql(query, json!({ "by": names, "filter": filter }))
        .await
        .data();
    let number = |value: &Value| value.as_str().unwrap().replace('.', "").parse::<i128>().unwrap();
    let groups = data["costs"].as_array().unwrap().iter();
    groups
        .map(|group| {
            for (name, field, _) in DIMENSIONS {
                assert!(
                    names.contains(&name) || group["key"][field].is_null(),
                    "{group:#}"
                );
            }
            let key: Vec<Value> = by
                .iter()
                .map(|dimension| group["key"][dimension.1].clone())
                .collect();
            let fields = ["entries", "unpricedEntries", "inputTokens", "outputTokens"]
                .map(|name| number(&group[name]));
            let [entries, unpriced, input, output] = fields;
            (
                json!(key).to_string(),
                [
                    number(&group["amount"]["amount"]),
                    entries,
                    unpriced,
                    input,
                    output,
                ],
            )
        })
        .collect()
}

/// The same groups, added up from the rows.
fn added_up(rows: &[ledger_entry::Model], by: &[Dimension]) -> BTreeMap<String, [i128; 5]> {
    let mut groups = BTreeMap::new();
    for row in rows {
        let key: Vec<Value> = by.iter().map(|dimension| dimension.2(row)).collect();
        let group: &mut [i128; 5] = groups.entry(json!(key).to_string()).or_default();
        let tokens = [
            row.input_tokens + row.cache_read_tokens + row.cache_write_tokens,
            row.output_tokens + row.reasoning_tokens,
        ];
        let amount = row.amount_nanos.map_or(0, |amount| amount.0);
        let unpriced = i128::from(row.amount_nanos.is_none());
        let more = [
            i128::from(amount),
            1,
            unpriced,
            i128::from(tokens[0]),
            i128::from(tokens[1]),
        ];
        for (sum, more) in group.iter_mut().zip(more) {
            *sum += more;
        }
    }
    groups
}

both_stacks! {
    async fn every_dimension_agrees_with_the_rows(stack: Stack) {
        let app = spent(stack).await;
        let rows = rows(&app).await;
        let mut groupings: Vec<Vec<Dimension>> = DIMENSIONS.iter().map(|dimension| vec![*dimension]).collect();
        groupings.push(vec![DIMENSIONS[5], DIMENSIONS[7]]);
        groupings.push(DIMENSIONS.to_vec());
        groupings.push(Vec::new());
        for by in groupings {
            let groups = grouped(&app, &by, Value::Null).await;
            let amounts: Vec<i128> = groups.iter().map(|(_, sums)| sums[0]).collect();
            assert!(amounts.is_sorted_by(|one, next| one >= next), "dearest first: {groups:?}");
            let count = groups.len();
            let groups: BTreeMap<String, [i128; 5]> = groups.into_iter().collect();
            assert_eq!(groups.len(), count, "each group once");
            assert_eq!(groups, added_up(&rows, &by), "{:?}", by.iter().map(|dimension| dimension.0).collect::<Vec<_>>());
        }
    }

    async fn a_filter_adds_up_its_rows_only(stack: Stack) {
        let app = spent(stack).await;
        let all = rows(&app).await;
        let task = all.iter().find_map(|row| row.task_id).unwrap();
        let today = all[0].day.clone();
        type Wanted = Box<dyn Fn(&ledger_entry::Model) -> bool>;
        let task_id = task.to_string();
        let cases: Vec<(Value, Wanted)> = vec![
            (json!({ "userId": "ada" }), Box::new(|row| row.user_id.0 == "ada")),
            (json!({ "userId": "nobody" }), Box::new(|_| false)),
            (json!({ "taskId": task_id }), Box::new(move |row| row.task_id == Some(task))),
            (json!({ "agent": "analyst" }), Box::new(|row| row.agent.as_deref() == Some("analyst"))),
            (json!({ "model": "gpt-4o-mini" }), Box::new(|row| row.model == "gpt-4o-mini")),
            (json!({ "model": "gpt%" }), Box::new(|_| false)),
            (json!({ "to": today }), Box::new(|row| !row.day.starts_with("203"))),
            (json!({ "from": "2031-12-31" }), Box::new(|row| row.day.starts_with("203"))),
            (json!({ "from": "2031-12-31", "to": "2031-12-31" }), Box::new(|row| row.day == "2031-12-31")),
            (json!({ "from": "2033-01-01", "to": "2032-01-01" }), Box::new(|_| false)),
        ];
        for (filter, wanted) in cases {
            let kept: Vec<_> = all.iter().filter(|row| wanted(row)).cloned().collect();
            let groups: BTreeMap<_, _> = grouped(&app, &[DIMENSIONS[7]], filter.clone()).await.into_iter().collect();
            assert_eq!(groups, added_up(&kept, &[DIMENSIONS[7]]), "{filter}");
        }
    }

    async fn a_filter_that_makes_no_sense_is_refused(stack: Stack) {
        let app = TestApp::start(stack).await;
        let query = "query($filter: CostFilter) { costs(groupBy: [], filter: $filter) { entries } }";
        for filter in [
            json!({ "from": "yesterday" }), json!({ "to": "2026-02-30" }), json!({ "from": "2026-1-1'--" }),
            json!({ "taskId": "task_1" }), json!({ "taskId": "mem_00000000000000000000000000000000" }),
            json!({ "userId": "" }), json!({ "agent": "" }), json!({ "model": "a\u{0}b" }), json!({ "userId": "a\u{0}" }),
        ] {
            let answer = app.graphql(query, json!({ "filter": filter })).await;
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{filter}: {:#}", answer.body);
        }
    }

    async fn a_task_is_the_sum_of_its_steps_and_a_step_of_its_rows(stack: Stack) {
        let app = spent(stack).await;
        let all = rows(&app).await;
        let query = "{ tasks { nodes { id knownCost { amount } steps { id cost { amount } } } } }";
        let data = app.graphql(query, json!({})).await.data();
        let nanos = |money: &Value| money["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
        // The rows the test added are not on any step's account.
        let own = |row: &&ledger_entry::Model| !row.day.starts_with("203");
        let tasks = data["tasks"]["nodes"].as_array().unwrap();
        assert_eq!(tasks.len(), 2);
        for task in tasks {
            let steps = task["steps"].as_array().unwrap();
            for step in steps {
                let of_step = all.iter().filter(own).filter(|row| json!(row.step_id.map(|id| id.to_string())) == step["id"]);
                assert_eq!(nanos(&step["cost"]), of_step.filter_map(|row| row.amount_nanos).map(|amount| amount.0).sum::<i64>());
            }
            let sum: i64 = steps.iter().map(|step| nanos(&step["cost"])).sum();
            assert!(sum > 0 && nanos(&task["knownCost"]) == sum, "{task:#}");
        }
    }
}
