//! The store's own promises: claims, fencing, numbering, money. By its public functions, because no API shows them.

mod cancelling;
mod claims;
mod consumers;
mod contention;
mod drafts;
mod deciding;
mod errors;
pub(crate) mod fairness;
mod fencing;
mod leases;
mod migrations;
mod model;
mod money;

use std::time::Duration;

use agent_orchestrator::{
    config::server::Roles,
    domain::{
        plan::{PlanDraft, StepDraft},
        scope::Scope,
    },
    store::{
        Store,
        calls::{LlmSettlement, NewLlmCall, NewToolCall},
        ledger::Tokens,
        steps::{Claim, StepResult},
        tasks::{NewTask, Submitted},
    },
};
use entity::{
    enums::{PlanAuthor, ToolEffect},
    ids::TaskId,
    task,
    values::{JsonText, NanoUsd, TenantId, UserId},
};

use crate::support::{Stack, TestApp};

/// A lease nobody outlives in a test.
const LEASE: Duration = Duration::from_secs(60);

/// A database with the schema and no worker on it.
async fn without_worker(stack: Stack) -> (TestApp, Store) {
    let app = TestApp::start_with(stack, |config| {
        config.server.roles = Roles {
            api: true,
            worker: false,
        };
        config.storage.max_connections = 12;
    })
    .await;
    let store = app.services.store.clone();
    (app, store)
}

fn tenant() -> TenantId {
    TenantId("default".to_owned())
}

fn scope() -> Scope {
    Scope::of_tenant(tenant())
}

fn new_task() -> NewTask {
    NewTask {
        tenant: tenant(),
        user: UserId("ada".to_owned()),
        description: "a task".to_owned(),
        metadata: JsonText("{}".to_owned()),
        output_schema: None,
        priority: 0,
        budget: None,
        idempotency_key: None,
        request_hash: String::new(),
        max_attempts: 3,
    }
}

async fn submit(store: &Store, new: NewTask) -> TaskId {
    match store.submit_task(new).await.unwrap() {
        Submitted::New(task, _) => task.id,
        other => panic!("not new: {other:?}"),
    }
}

/// A plan of steps, each `(key, the keys it depends on)`.
fn plan(steps: &[(&str, &[&str])]) -> PlanDraft {
    let step = |(key, depends_on): &(&str, &[&str])| StepDraft {
        key: (*key).to_owned(),
        title: format!("do {key}"),
        instructions: "do it".to_owned(),
        agent: "analyst".to_owned(),
        depends_on: depends_on.iter().map(|key| (*key).to_owned()).collect(),
    };
    PlanDraft {
        summary: "by hand".to_owned(),
        steps: steps.iter().map(step).collect(),
    }
}

async fn claim(store: &Store, limit: u64, lease: Duration) -> Vec<Claim> {
    store.claim_steps("w", limit, lease).await.unwrap().claims
}

async fn claim_one(store: &Store) -> Claim {
    claim(store, 1, LEASE).await.pop().expect("a ready step")
}

/// Submits a task and gives it a plan; its first steps are ready. Nothing else may be ready meanwhile.
async fn planned(store: &Store, new: NewTask, steps: &[(&str, &[&str])]) -> TaskId {
    let task = submit(store, new).await;
    let planning = claim_one(store).await;
    assert_eq!(planning.task.id, task);
    store
        .complete_planning(&planning, &plan(steps), PlanAuthor::User)
        .await
        .unwrap();
    task
}

async fn read(store: &Store, task: TaskId) -> task::Model {
    store.task(&scope(), task).await.unwrap().expect("the task")
}

fn output(text: &str) -> StepResult {
    StepResult {
        output: text.to_owned(),
        memory: None,
    }
}

fn llm_call(ordinal: i32, worst_case: Option<i64>) -> NewLlmCall {
    NewLlmCall {
        ordinal,
        provider: "openai".to_owned(),
        model: "m".to_owned(),
        request_hash: format!("hash {ordinal}"),
        worst_case: worst_case.map(NanoUsd),
    }
}

fn answer(amount: Option<i64>) -> LlmSettlement {
    LlmSettlement {
        answer: JsonText("{}".to_owned()),
        model: "m".to_owned(),
        tokens: Tokens {
            input: 7,
            output: 3,
            ..Tokens::default()
        },
        amount: amount.map(NanoUsd),
        price_version: "test".to_owned(),
        duration_ms: 1,
    }
}

fn tool_call(ordinal: i32) -> NewToolCall {
    NewToolCall {
        ordinal,
        tool: "calculator".to_owned(),
        effect: Some(ToolEffect::Pure),
        arguments: "{}".to_owned(),
        arguments_hash: "hash".to_owned(),
        idempotency_key: format!("key {ordinal}"),
    }
}
