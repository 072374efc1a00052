//! The person who settles calls of which nobody knows whether they took effect: looks at the world outside, and says.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Api, list};
use crate::{outside::OutsideLog, tally::Tally};

/// How often the person looks.
const ROUND: Duration = Duration::from_millis(400);

const WAITING: &str = "{ tasks(first: 100, filter: { status: [WAITING] }) { edges { node { id \
    steps { status waitingOn toolCalls { id tool status idempotencyKey } } } } } }";
const DECIDE: &str = "mutation($input: DecideApprovalInput!) { decideApproval(input: $input) { \
    userErrors { code message } } }";

/// What a person says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Happened,
    DidNotHappen,
    RunAgain,
}

impl Decision {
    fn name(self) -> &'static str {
        match self {
            Self::Happened => "HAPPENED",
            Self::DidNotHappen => "DID_NOT_HAPPEN",
            Self::RunAgain => "RUN_AGAIN",
        }
    }
}

/// Decides until told to stop. Cheap to clone.
#[derive(Clone)]
pub struct Person {
    api: Api,
    log: Arc<OutsideLog>,
    tally: Tally,
    /// Idempotency keys and what was said, in order.
    said: Arc<Mutex<Vec<(String, Decision)>>>,
}

impl Person {
    pub fn new(api: &Api, log: &Arc<OutsideLog>, tally: &Tally) -> Self {
        Self {
            api: api.clone(),
            log: Arc::clone(log),
            tally: tally.clone(),
            said: Arc::default(),
        }
    }

    pub fn said(&self) -> Vec<(String, Decision)> {
        self.said.lock().unwrap().clone()
    }

    pub async fn work(self, stop: CancellationToken) {
        stop.run_until_cancelled(async {
            loop {
                if let Some(data) = self.api.ask(WAITING, &json!({})).await {
                    self.look_at(&data["tasks"]["edges"]).await;
                }
                tokio::time::sleep(ROUND).await;
            }
        })
        .await;
    }

    async fn look_at(&self, edges: &Value) {
        for step in list(edges).iter().flat_map(|edge| list(&edge["node"]["steps"])) {
            if step["status"] != "WAITING" {
                continue;
            }
            for call in list(&step["toolCalls"])
                .iter()
                .filter(|call| call["status"] == "UNKNOWN")
            {
                self.decide(call).await;
            }
        }
    }

    async fn decide(&self, call: &Value) {
        let key = call["idempotencyKey"].as_str().unwrap_or_default().to_owned();
        let happened = self
            .log
            .tool_calls()
            .iter()
            .any(|done| done.key == key && done.took_effect);
        let decision = match (happened, rand::random_bool(0.5)) {
            (true, true) => Decision::Happened,
            (false, true) => Decision::DidNotHappen,
            (_, false) => Decision::RunAgain,
        };
        // Before it is sent: it may take hold although its answer is lost.
        self.said.lock().unwrap().push((key, decision));
        self.tally.count(format!("decided: {}", decision.name()));
        let result = (decision == Decision::Happened).then_some("it was charged");
        let input = json!({ "toolCallId": call["id"], "decision": decision.name(), "result": result });
        self.api.insist(DECIDE, json!({ "input": input })).await;
    }
}
