//! Submitting a task: everything twice, and again until it is answered.

use serde_json::{Value, json};

use super::{Api, PlannedTask};
use crate::tally::Tally;

const SUBMIT: &str = "mutation($input: SubmitTaskInput!) { submitTask(input: $input) { task { id } \
    userErrors { code message } } }";
const CANCEL: &str = "mutation($input: CancelTaskInput!) { cancelTask(input: $input) { task { id status } \
    userErrors { code message } } }";

/// A task that was accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    pub planned: PlannedTask,
    pub id: String,
}

/// Submits a task twice at once; both are answered the same task.
pub async fn submit(api: &Api, planned: &PlannedTask) -> Accepted {
    let input = json!({ "input": planned.input() });
    let (first, second) = tokio::join!(
        api.insist(SUBMIT, input.clone()),
        api.insist(SUBMIT, input.clone())
    );
    assert_eq!(
        first, second,
        "one idempotency key was answered with two tasks: {}",
        planned.key
    );
    Accepted {
        planned: planned.clone(),
        id: id_of(&first["submitTask"]),
    }
}

fn id_of(payload: &Value) -> String {
    payload["task"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("refused: {payload}"))
        .to_owned()
}

impl Accepted {
    /// Cancels the task when it is time, if somebody does.
    pub async fn cancel(&self, api: &Api, tally: &Tally) {
        let Some(after) = self.planned.cancel_after else {
            return;
        };
        tokio::time::sleep(after).await;
        let input = json!({ "input": { "id": self.id } });
        let (first, _) = tokio::join!(
            api.insist(CANCEL, input.clone()),
            api.insist(CANCEL, input.clone())
        );
        assert_eq!(first["cancelTask"]["task"]["id"], self.id.as_str(), "{first}");
        tally.count("cancel asked for");
    }
}
