//! The person who does not give up: has tasks that failed or were cancelled tried again, at random and more than once.

use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Api, list, retries::Retries};
use crate::tally::Tally;

/// How often the person looks.
const ROUND: Duration = Duration::from_millis(400);

/// How often a task is tried again at most: the poisoned ones must end some time.
const MOST: u32 = 2;

const ENDED: &str = "{ tasks(first: 100, filter: { status: [FAILED, CANCELLED] }) { nodes { id status } } }";
const RETRY: &str = "mutation($input: RetryTaskInput!) { retryTask(input: $input) { task { id } \
    userErrors { code message } } }";

/// Retries until told to stop.
pub struct Stubborn {
    api: Api,
    retries: Retries,
    tally: Tally,
}

impl Stubborn {
    pub fn new(api: &Api, retries: &Retries, tally: &Tally) -> Self {
        Self {
            api: api.clone(),
            retries: retries.clone(),
            tally: tally.clone(),
        }
    }

    /// What was begun is brought to its end, so that whoever watches is told.
    pub async fn work(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let ended = self.api.ask(ENDED, &json!({})).await.unwrap_or_default();
            for task in list(&ended["tasks"]["nodes"]) {
                let id = task["id"].as_str().unwrap_or_default();
                if self.retries.times(id) < MOST && rand::random_bool(0.4) && !stop.is_cancelled() {
                    let status = task["status"].as_str().unwrap_or_default();
                    self.retry(id, status).await;
                }
            }
            stop.run_until_cancelled(tokio::time::sleep(ROUND)).await;
        }
    }

    async fn retry(&self, id: &str, status: &str) {
        let input = json!({ "input": { "id": id } });
        // Twice at once, as an impatient person does it: one of them may come too late.
        let (first, second) = tokio::join!(
            self.api.insist(RETRY, input.clone()),
            self.api.insist(RETRY, input.clone())
        );
        for answer in [first, second] {
            let refusals = list(&answer["retryTask"]["userErrors"]);
            let fits = refusals.iter().all(|refusal| refusal["code"] == "CONFLICT");
            assert!(fits, "retrying {id} is refused: {answer}");
        }
        self.retries.count(id);
        self.tally.count(format!("tried again: {status}"));
    }
}
