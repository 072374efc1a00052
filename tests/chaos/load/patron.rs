//! The person with the money: raises the budgets of tasks that wait for it, sometimes by too little.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Api, list};
use crate::tally::Tally;

/// How often the person looks.
const ROUND: Duration = Duration::from_millis(400);

/// A budget that no model call fits into.
pub const TINY: &str = "0.000001";

/// More than the tiny one, and not enough either.
const TOO_LITTLE: &str = "0.000002";

/// Enough for everything.
const ENOUGH: &str = "5";

const WAITING: &str =
    "{ tasks(first: 100, filter: { status: [WAITING] }) { nodes { id waitingOn budget { amount } } } }";
const RAISE: &str = "mutation($input: RaiseBudgetInput!) { raiseBudget(input: $input) { task { id } \
    userErrors { code message } } }";

/// Raises until told to stop.
pub struct Patron {
    api: Api,
    tally: Tally,
}

impl Patron {
    pub fn new(api: &Api, tally: &Tally) -> Self {
        Self {
            api: api.clone(),
            tally: tally.clone(),
        }
    }

    pub async fn work(self, stop: CancellationToken) {
        stop.run_until_cancelled(async {
            loop {
                if let Some(data) = self.api.ask(WAITING, &json!({})).await {
                    for task in list(&data["tasks"]["nodes"]) {
                        self.look_at(&task).await;
                    }
                }
                tokio::time::sleep(ROUND).await;
            }
        })
        .await;
    }

    async fn look_at(&self, task: &Value) {
        // It may wait for something else, and not everybody hurries.
        if !list(&task["waitingOn"]).contains(&json!("BUDGET")) || rand::random_bool(0.3) {
            return;
        }
        let is_tiny = task["budget"]["amount"]
            .as_str()
            .is_some_and(|amount| amount.trim_end_matches('0') == TINY);
        let amount = if is_tiny && rand::random_bool(0.4) {
            TOO_LITTLE
        } else {
            ENOUGH
        };
        let input = json!({ "id": task["id"], "budget": { "amount": amount, "currency": "USD" } });
        let answer = self.api.insist(RAISE, json!({ "input": input })).await;
        let refusals = list(&answer["raiseBudget"]["userErrors"]);
        // An answer that was lost makes the second try the one that is refused.
        let fits = refusals.iter().all(|refusal| refusal["code"] == "CONFLICT");
        assert!(fits, "{input} is refused: {answer}");
        self.tally.count(format!("budget raised to {amount}"));
    }
}
