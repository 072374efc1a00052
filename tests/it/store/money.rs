//! Money: at any instant the sums agree, and what is reserved is given back.

use std::time::Duration;

use agent_orchestrator::store::{
    Store,
    calls::{Reservation, ToolSettlement},
    ledger::{CostFilter, NewLedgerEntry, Tokens},
    steps::{Claim, Failure},
    tasks::{NewTask, RaiseOutcome},
};
use entity::{
    enums::{LedgerKind, StepStatus, TaskStatus, WaitReason},
    ids::{LlmCallId, TaskId},
    values::NanoUsd,
};
use futures_util::future::join_all;

use super::{
    LEASE, answer, claim, claim_one, leases::rescued, llm_call, new_task, output, planned, read, scope,
    submit, tool_call, without_worker,
};
use crate::support::both_stacks;

pub(super) fn entry(kind: LedgerKind, amount: Option<i64>) -> NewLedgerEntry {
    NewLedgerEntry {
        kind,
        call_id: None,
        agent: None,
        provider: "openai".to_owned(),
        model: "m".to_owned(),
        tokens: Tokens::default(),
        amount: amount.map(NanoUsd),
        price_version: "test".to_owned(),
    }
}

/// The sum of the entries, after making sure that the steps and the task say the same.
async fn spent(store: &Store, task: TaskId) -> (i64, i64) {
    let filter = CostFilter {
        task: Some(task),
        ..CostFilter::default()
    };
    let entries = store.costs(&scope(), &filter, &[]).await.unwrap().remove(0);
    let steps = store.steps_of_tasks(&scope(), &[task]).await.unwrap();
    let row = read(store, task).await;
    let of_steps = steps.iter().fold((0, 0), |(cost, unpriced), step| {
        (
            cost + step.cost_nanos.0,
            unpriced + i64::from(step.unpriced_entries),
        )
    });
    assert_eq!((entries.amount_nanos, entries.unpriced_entries), of_steps);
    assert_eq!((row.cost_nanos.0, i64::from(row.unpriced_entries)), of_steps);
    of_steps
}

async fn granted(store: &Store, claim: &Claim, ordinal: i32, worst_case: Option<i64>) -> LlmCallId {
    match store
        .reserve_llm_call(claim, &llm_call(ordinal, worst_case))
        .await
        .unwrap()
    {
        Reservation::Granted(id) => id,
        refused => panic!("refused: {refused:?}"),
    }
}

async fn reserved(store: &Store, task: TaskId) -> i64 {
    read(store, task).await.reserved_nanos.0
}

both_stacks! {
    async fn entries_steps_and_task_always_agree(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = planned(&store, new_task(), &[("a", &[]), ("b", &[])]).await;
        let mut claims = claim(&store, 2, LEASE).await;
        // What is claimed together comes in any order.
        claims.sort_by_key(|claim| claim.step.position);
        assert_eq!(spent(&store, task).await, (0, 0));
        let first = granted(&store, &claims[0], 0, Some(1_000)).await;
        assert_eq!((reserved(&store, task).await, spent(&store, task).await), (1_000, (0, 0)));
        store.settle_llm_call(&claims[0], first, answer(Some(250))).await.unwrap();
        assert_eq!((reserved(&store, task).await, spent(&store, task).await), (0, (250, 0)));
        let unpriced = granted(&store, &claims[1], 0, None).await;
        store.settle_llm_call(&claims[1], unpriced, answer(None)).await.unwrap();
        assert_eq!(spent(&store, task).await, (250, 1));
        store.pay_for_step(&claims[1], entry(LedgerKind::Embedding, Some(7))).await.unwrap();
        let tool = store.dispatch_tool_call(&claims[1], &tool_call(0)).await.unwrap();
        let failed = ToolSettlement::Failed { code: "TEST".to_owned(), message: "no".to_owned() };
        store.settle_tool_call(&claims[1], tool, failed, None, 1).await.unwrap();
        for claim in &claims {
            store.complete_step(claim, output("done")).await.unwrap();
        }
        assert_eq!(spent(&store, task).await, (257, 1));
        let steps = store.steps_of_tasks(&scope(), &[task]).await.unwrap();
        assert_eq!(steps.iter().map(|step| step.cost_nanos.0).collect::<Vec<_>>(), [0, 250, 7]);
    }

    async fn every_way_out_gives_the_reservation_back(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let failure = |retry_in| Failure { code: "TEST".to_owned(), message: "no".to_owned(), retry_in, replayable: true };
        for way in ["settle", "fail call", "retry", "fail", "release", "park", "cancel", "rescue"] {
            let task = planned(&store, new_task(), &[("a", &[])]).await;
            let lease = if way == "rescue" { Duration::ZERO } else { LEASE };
            let held = claim(&store, 1, lease).await.remove(0);
            let call = granted(&store, &held, 0, Some(1_000)).await;
            assert_eq!(reserved(&store, task).await, 1_000, "{way}");
            match way {
                "settle" => store.settle_llm_call(&held, call, answer(Some(1))).await.map(drop),
                "fail call" => store.fail_llm_call(&held, call, "TEST", "no", 1).await.map(drop),
                "retry" => store.fail_step(&held, &failure(Some(LEASE))).await.map(drop),
                "fail" => store.fail_step(&held, &failure(None)).await.map(drop),
                "release" => store.release_step(&held).await.map(drop),
                "park" => store.park_step(&held, WaitReason::Budget, None, "wait").await.map(drop),
                "cancel" => {
                    store.cancel_task(&scope(), task).await.unwrap();
                    store.cancel_step(&held).await.map(drop)
                }
                _ => {
                    rescued(&store).await;
                    Ok(())
                }
            }
            .unwrap();
            assert_eq!(reserved(&store, task).await, 0, "{way}");
            spent(&store, task).await;
            // Nothing ready is left for the next round.
            store.cancel_task(&scope(), task).await.unwrap();
        }
    }

    async fn sixty_four_calls_at_once_get_what_three_may_cost(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = planned(&store, NewTask { budget: Some(NanoUsd(3_999)), ..new_task() }, &[("a", &[])]).await;
        let held = claim_one(&store).await;
        let all = join_all((0..64).map(|at| {
            let (store, held) = (store.clone(), held.clone());
            tokio::spawn(async move { store.reserve_llm_call(&held, &llm_call(at, Some(1_000))).await.unwrap() })
        }))
        .await;
        let (mut granted, mut refused) = (0, 0);
        for reservation in all {
            match reservation.unwrap() {
                Reservation::Granted(_) => granted += 1,
                Reservation::OverBudget { left, needed } => {
                    assert_eq!((left.0, needed.0), (999, 1_000));
                    refused += 1;
                }
                Reservation::UnknownPrice => panic!("the price is known"),
            }
        }
        assert_eq!((granted, refused, reserved(&store, task).await), (3, 61, 3_000));
    }

    async fn a_budget_is_what_is_left_after_costs_and_reservations(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = planned(&store, NewTask { budget: Some(NanoUsd(1_000)), ..new_task() }, &[("a", &[])]).await;
        let held = claim_one(&store).await;
        let call = granted(&store, &held, 0, Some(1_000)).await;
        store.settle_llm_call(&held, call, answer(Some(400))).await.unwrap();
        let over = store.reserve_llm_call(&held, &llm_call(1, Some(601))).await.unwrap();
        assert_eq!(over, Reservation::OverBudget { left: NanoUsd(600), needed: NanoUsd(601) });
        let unknown = store.reserve_llm_call(&held, &llm_call(1, None)).await.unwrap();
        assert_eq!((unknown, reserved(&store, task).await), (Reservation::UnknownPrice, 0));
        granted(&store, &held, 1, Some(600)).await;
    }

    async fn a_higher_budget_wakes_what_waited_for_it(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task =
            planned(&store, NewTask { budget: Some(NanoUsd(10)), ..new_task() }, &[("a", &[]), ("b", &["a"])]).await;
        let held = claim_one(&store).await;
        store.park_step(&held, WaitReason::Budget, None, "raise it").await.unwrap();
        assert_eq!(read(&store, task).await.status, TaskStatus::Waiting);
        for too_low in [10, 5] {
            let outcome = store.raise_budget(&scope(), task, NanoUsd(too_low)).await.unwrap().unwrap();
            assert!(matches!(outcome, RaiseOutcome::NotHigher(_)));
        }
        let raised = store.raise_budget(&scope(), task, NanoUsd(20)).await.unwrap().unwrap();
        assert!(
            matches!(raised, RaiseOutcome::Accepted(row, change) if row.status == TaskStatus::Running && change.ready),
        );
        let again = claim_one(&store).await;
        assert_eq!((again.step.id, again.step.attempts, again.step.status), (held.step.id, 1, StepStatus::Running));
        store.cancel_task(&scope(), task).await.unwrap();
        store.cancel_step(&again).await.unwrap();
        let late = store.raise_budget(&scope(), task, NanoUsd(99)).await.unwrap().unwrap();
        assert!(matches!(late, RaiseOutcome::Ended(_)));
        assert_eq!(submit_unlimited_then_raise(&store).await, None);
    }
}

/// The budget of a task that had none, after an attempt to raise it.
async fn submit_unlimited_then_raise(store: &Store) -> Option<NanoUsd> {
    let task = submit(store, new_task()).await;
    let outcome = store
        .raise_budget(&scope(), task, NanoUsd(99))
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(outcome, RaiseOutcome::NotHigher(_)));
    read(store, task).await.budget_nanos
}
