//! A worker that slept through its lease changes nothing when it wakes.

use std::time::Duration;

use agent_orchestrator::store::{
    Store, StoreError,
    calls::{Reservation, ToolSettlement},
    memories::{NewMemory, UsedMemory},
    steps::{Claim, Failure},
};
use entity::{
    attempt,
    enums::{LedgerKind, MemorySource, PlanAuthor, WaitReason},
    event,
    ids::{LlmCallId, MemoryId, ToolCallId},
    ledger_entry, llm_call as llm_calls, memory as memories, memory_use, message, note, plan as plans, step,
    step_output, task, tool_call as tool_calls,
    values::{JsonText, UserId},
};
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};

use super::{
    LEASE, answer, claim_one, llm_call, new_task, output, plan, planned, scope, tenant, tool_call,
    without_worker,
};
use crate::{store::leases::rescued, support::both_stacks};

/// Everything a worker's write could have changed, row by row.
async fn everything(db: &DatabaseConnection) -> Vec<String> {
    macro_rules! rows {
        ($($entity:ident by $column:ident),*) => {{
            let mut all = Vec::new();
            $(for row in $entity::Entity::find().order_by_asc($entity::Column::$column).all(db).await.unwrap() {
                all.push(format!("{row:?}"));
            })*
            all
        }};
    }
    rows!(
        task by Id, step by Id, attempt by Id, llm_calls by Id, tool_calls by Id, ledger_entry by Id, message by Id,
        plans by Id, event by Seq, note by Name, step_output by StepId,
        memories by Id, memory_use by StepId
    )
}

fn memory() -> NewMemory {
    NewMemory {
        tenant: tenant(),
        user: UserId("ada".to_owned()),
        namespace: "default".to_owned(),
        content: "late".to_owned(),
        content_hash: "late".to_owned(),
        metadata: JsonText("{}".to_owned()),
        embedder: "none".to_owned(),
        embedding: Vec::new(),
        source: MemorySource::Tool,
        source_task: None,
        source_step: None,
    }
}

/// Each way a worker writes, by name.
async fn every_write(
    store: &Store,
    old: &Claim,
    llm: LlmCallId,
    tool: ToolCallId,
) -> Vec<(&'static str, Result<(), StoreError>)> {
    let failure = |retry_in| Failure {
        code: "TEST".to_owned(),
        message: "late".to_owned(),
        retry_in,
        replayable: true,
    };
    let (again, never) = (failure(Some(Duration::ZERO)), failure(None));
    let entry = super::money::entry(LedgerKind::Embedding, Some(5));
    let succeeded = ToolSettlement::Succeeded {
        result: "4".to_owned(),
        truncated: false,
    };
    let author = PlanAuthor::User;
    let used = UsedMemory {
        memory: MemoryId::generate(),
        rank: 1,
        recalled: true,
        score: 0.5,
    };
    vec![
        (
            "complete",
            store.complete_step(old, output("late")).await.map(drop),
        ),
        (
            "plan",
            store
                .complete_planning(old, &plan(&[("late", &[])]), author)
                .await
                .map(drop),
        ),
        ("retry", store.fail_step(old, &again).await.map(drop)),
        ("fail", store.fail_step(old, &never).await.map(drop)),
        ("cancel", store.cancel_step(old).await.map(drop)),
        ("release", store.release_step(old).await.map(drop)),
        (
            "park",
            store
                .park_step(old, WaitReason::Approval, None, "late")
                .await
                .map(drop),
        ),
        (
            "reserve",
            store.reserve_llm_call(old, &llm_call(1, None)).await.map(drop),
        ),
        (
            "settle answer",
            store.settle_llm_call(old, llm, answer(Some(1))).await.map(drop),
        ),
        (
            "fail call",
            store.fail_llm_call(old, llm, "TEST", "late", 1).await.map(drop),
        ),
        (
            "dispatch",
            store.dispatch_tool_call(old, &tool_call(1)).await.map(drop),
        ),
        (
            "refuse",
            store
                .refuse_tool_call(old, &tool_call(1), "TEST", "late")
                .await
                .map(drop),
        ),
        (
            "settle tool",
            store
                .settle_tool_call(old, tool, succeeded, None, 1)
                .await
                .map(drop),
        ),
        ("note", store.write_note(old, "late", "late").await.map(drop)),
        ("erase note", store.write_note(old, "early", "").await.map(drop)),
        (
            "remember",
            store.remember_for_step(old, &memory()).await.map(drop),
        ),
        ("use memory", store.record_memory_use(old, &[used]).await),
        ("pay", store.pay_for_step(old, entry).await.map(drop)),
    ]
}

async fn refused_and_unchanged(
    app: &crate::support::TestApp,
    store: &Store,
    old: &Claim,
    llm: LlmCallId,
    tool: ToolCallId,
) {
    let db = app.connection().await;
    let before = everything(&db).await;
    for (name, result) in every_write(store, old, llm, tool).await {
        assert!(
            matches!(result, Err(StoreError::Fenced(id)) if id == old.step.id),
            "{name}: {result:?}"
        );
    }
    let after = everything(&db).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    assert_eq!(before.len(), after.len());
}

/// A claim with a note, a model call and a tool call under way.
async fn busy_claim(store: &Store, lease: Duration) -> (Claim, LlmCallId, ToolCallId) {
    planned(store, new_task(), &[("a", &[]), ("b", &["a"])]).await;
    let old = store
        .claim_steps("sleeper", 1, lease)
        .await
        .unwrap()
        .claims
        .remove(0);
    store.write_note(&old, "early", "in time").await.unwrap();
    let Reservation::Granted(llm) = store
        .reserve_llm_call(&old, &llm_call(0, Some(10)))
        .await
        .unwrap()
    else {
        panic!("not granted")
    };
    let tool = store.dispatch_tool_call(&old, &tool_call(0)).await.unwrap();
    (old, llm, tool)
}

both_stacks! {
    async fn a_claim_that_was_rescued_writes_nothing(stack: Stack) {
        let (app, store) = without_worker(stack).await;
        let (old, llm, tool) = busy_claim(&store, Duration::ZERO).await;
        assert_eq!(rescued(&store).await.len(), 1);
        // While the step is ready, and while another worker has it.
        refused_and_unchanged(&app, &store, &old, llm, tool).await;
        let new = claim_one(&store).await;
        assert_eq!((new.step.id, new.step.epoch), (old.step.id, old.step.epoch + 1));
        refused_and_unchanged(&app, &store, &old, llm, tool).await;
        store.complete_step(&new, output("in time")).await.unwrap();
        refused_and_unchanged(&app, &store, &old, llm, tool).await;
    }

    async fn a_claim_that_ended_writes_nothing_more(stack: Stack) {
        let (app, store) = without_worker(stack).await;
        let (old, llm, tool) = busy_claim(&store, LEASE).await;
        store.complete_step(&old, output("done")).await.unwrap();
        refused_and_unchanged(&app, &store, &old, llm, tool).await;
    }

    async fn a_cancelled_step_takes_no_late_answer(stack: Stack) {
        let (app, store) = without_worker(stack).await;
        let (old, llm, tool) = busy_claim(&store, LEASE).await;
        store.cancel_task(&scope(), old.task.id).await.unwrap();
        store.cancel_step(&old).await.unwrap();
        refused_and_unchanged(&app, &store, &old, llm, tool).await;
    }
}
