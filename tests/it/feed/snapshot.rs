//! A task with its `eventCursor` is read from one moment: the events up to the cursor explain everything that is shown,
//! and those after it lead to the end, each change once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{all, watch};
use crate::support::{TestApp, both_stacks};

/// Steps that run side by side and one after the other, so that much happens while a query is executed.
const BUSY: &str = "1. Analyze the data\n2. Design the schema\n3. Build the API\n4. Test the API\n5. Write the docs\n\
    6. Review the docs\n7. Publish the docs\n8. Summarize the work";

/// The task last and its steps in several places: read one after the other, they would be of different moments.
const LOOK: &str = "query($id: ID!) { \
    before: task(id: $id) { steps { id status } } \
    task(id: $id) { eventCursor status steps { id status attempts { outcome } task { eventCursor status } } \
        events(first: 100) { nodes { seq } } } \
    node(id: $id) { ... on Task { eventCursor again: steps { id status } } } }";

/// What events make of a task: its status, and that of each step they tell of.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    task: Value,
    steps: BTreeMap<String, Value>,
    attempts: usize,
}

impl State {
    fn apply(&mut self, event: &Value) {
        let (kind, status) = (event["kind"].as_str().unwrap(), &event["payload"]["status"]);
        if kind.starts_with("TASK_") && status.is_string() {
            self.task = status.clone();
        } else if kind.starts_with("STEP_") {
            assert!(status.is_string(), "{event:#}");
            self.steps
                .insert(event["stepId"].as_str().unwrap().to_owned(), status.clone());
        }
        self.attempts += usize::from(kind == "STEP_STARTED");
    }

    /// What a query shows. Steps no event has told of yet are pending, and left out.
    fn shown(task: &Value) -> Self {
        let steps = task["steps"].as_array().unwrap();
        Self {
            task: task["status"].clone(),
            steps: moved(&task["steps"]),
            attempts: steps
                .iter()
                .map(|step| step["attempts"].as_array().unwrap().len())
                .sum(),
        }
    }
}

fn moved(steps: &Value) -> BTreeMap<String, Value> {
    let steps = steps
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["status"] != "PENDING");
    steps
        .map(|step| (step["id"].as_str().unwrap().to_owned(), step["status"].clone()))
        .collect()
}

async fn log(app: &TestApp, id: &str) -> Vec<Value> {
    let mut socket = app.socket().await;
    let query = "subscription($id: ID!) { taskEvents(taskId: $id) { ... on TaskEvent { seq cursor kind stepId payload } } }";
    socket.subscribe("1", query, json!({ "id": id })).await;
    let items = socket
        .rest()
        .await
        .into_iter()
        .map(|data| data["taskEvents"].clone());
    items.filter(|item| item["seq"].is_string()).collect()
}

both_stacks! {
    async fn what_is_shown_and_the_events_after_its_cursor_make_the_final_state(stack: Stack) {
        let app = TestApp::start_with(stack, |config| config.limits.enabled = false).await;
        let (mut looks, mut moments) = (Vec::new(), 0);
        let mut ids = Vec::new();
        for _ in 0..4 {
            let id = app.submit("ada", BUSY).await;
            loop {
                let data = app.graphql(LOOK, json!({ "id": id })).await.data();
                let is_over = data["task"]["status"] == "COMPLETED";
                looks.push((id.clone(), data));
                if is_over {
                    break;
                }
            }
            ids.push(id);
        }
        for id in ids {
            let log = log(&app, &id).await;
            let mut last = State::default();
            log.iter().for_each(|event| last.apply(event));
            let mut seen = std::collections::BTreeSet::new();
            for (_, data) in looks.iter().filter(|(of, _)| *of == id) {
                let task = &data["task"];
                let cursor = &task["eventCursor"];
                let upto = 1 + log.iter().position(|event| event["cursor"] == *cursor).expect("a cursor of the log");
                seen.insert(upto);
                let mut state = State::default();
                log[..upto].iter().for_each(|event| state.apply(event));
                let shown = State::shown(task);
                assert_eq!(shown, state, "the events up to the cursor explain what is shown");
                assert_eq!(task["events"]["nodes"].as_array().unwrap().len(), upto);
                assert_eq!(moved(&data["before"]["steps"]), shown.steps);
                assert_eq!(moved(&data["node"]["again"]), shown.steps);
                assert_eq!(data["node"]["eventCursor"], *cursor);
                for step in task["steps"].as_array().unwrap() {
                    assert_eq!((&step["task"]["eventCursor"], &step["task"]["status"]), (cursor, &task["status"]));
                }
                let mut replayed = shown;
                log[upto..].iter().for_each(|event| replayed.apply(event));
                assert_eq!(replayed, last);
            }
            moments += seen.len();
        }
        assert!(moments > 12, "only {moments} different moments were seen");
    }

    async fn snapshots_leave_connections_for_others(stack: Stack) {
        let app = TestApp::start_with(stack, |config| {
            config.storage.max_connections = 2;
            config.limits.enabled = false;
        })
        .await;
        let id = app.submit("ada", "Write a poem.").await;
        app.finished(&id).await;
        // Each of these needs a connection beside its snapshot.
        let query = "query($id: ID!) { task(id: $id) { eventCursor steps { status } } \
            searchMemory(input: { userId: \"ada\", query: \"poem\" }) { exhaustive } explainTask(id: $id) { summary } }";
        let asked = (0..60).map(|_| app.graphql(query, json!({ "id": id })));
        for answer in futures_util::future::join_all(asked).await {
            assert!(answer.data()["task"]["eventCursor"].is_string());
        }
        // And none is kept by a feed or after it.
        let sockets = futures_util::future::join_all((0..10).map(|_| watch(&app, &id, None, None))).await;
        for socket in sockets {
            assert!(!all(socket).await.is_empty());
        }
        let mutation = "mutation($input: SubmitTaskInput!) { submitTask(input: $input) { task { eventCursor steps { status } } } }";
        let input = json!({ "userId": "ada", "description": "Write a poem." });
        assert!(app.graphql(mutation, json!({ "input": input })).await.data()["submitTask"]["task"]["eventCursor"].is_string());
    }
}
