//! Calls in doubt: what marks them, what waits for them, and what a word on them changes. By the store, where no API can
//! bring the moment about.

use std::time::Duration;

use agent_orchestrator::store::{
    Store,
    calls::{DecideOutcome, Decision, Doubt, NewToolCall, ToolSettlement},
    steps::Claim,
};
use entity::{
    enums::{CallStatus, EventKind, StepStatus, TaskStatus, ToolDecision, ToolEffect, WaitReason},
    ids::ToolCallId,
    step, tool_call as tool_calls,
    values::{TenantId, UserId},
};
use sea_orm::EntityTrait;

use super::{LEASE, claim, claim_one, new_task, planned, read, scope, tenant, tool_call, without_worker};
use crate::{store::leases::rescued, support::both_stacks};
use agent_orchestrator::domain::scope::Scope;

fn call_of(ordinal: i32, effect: ToolEffect) -> NewToolCall {
    NewToolCall {
        effect: Some(effect),
        ..tool_call(ordinal)
    }
}

fn doubt(call: ToolCallId) -> Doubt {
    Doubt {
        call,
        code: "TEST",
        message: "no answer".to_owned(),
    }
}

fn word(decision: ToolDecision) -> Decision {
    Decision {
        result: (decision == ToolDecision::Happened).then(|| "done".to_owned()),
        decision,
        note: None,
    }
}

async fn decide(store: &Store, call: ToolCallId, decision: ToolDecision) -> DecideOutcome {
    store
        .decide_tool_call(&scope(), call, word(decision), |_| None)
        .await
        .unwrap()
        .expect("the call")
}

async fn step_of(store: &Store, claim: &Claim) -> step::Model {
    store
        .step(&scope(), claim.step.id)
        .await
        .unwrap()
        .expect("the step")
}

async fn park(store: &Store, claim: &Claim) {
    store
        .park_step(claim, WaitReason::Approval, None, "decide")
        .await
        .unwrap();
}

both_stacks! {
    async fn a_step_with_two_calls_in_doubt_waits_for_a_word_on_each(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = planned(&store, new_task(), &[("a", &[])]).await;
        let held = claim_one(&store).await;
        let one = store.dispatch_tool_call(&held, &call_of(0, ToolEffect::AtMostOnce)).await.unwrap();
        let two = store.dispatch_tool_call(&held, &call_of(1, ToolEffect::AtMostOnce)).await.unwrap();
        let (words, _) = store.doubt_tool_calls(&held, &[doubt(one), doubt(two)]).await.unwrap();
        assert!(words.contains(&one.to_string()) && words.contains(&two.to_string()), "{words}");
        park(&store, &held).await;
        assert_eq!(read(&store, task).await.status, TaskStatus::Waiting);
        let DecideOutcome::Accepted(rows, change) = decide(&store, two, ToolDecision::DidNotHappen).await else {
            panic!("refused")
        };
        assert_eq!((rows.1.status, rows.2.status, change.ready), (StepStatus::Waiting, TaskStatus::Waiting, false));
        let left = rows.1.error_message.as_deref().unwrap();
        assert!(left.contains(&one.to_string()) && !left.contains(&two.to_string()), "{left}");
        assert_eq!(claim(&store, 9, LEASE).await.len(), 0);
        let DecideOutcome::Accepted(rows, change) = decide(&store, one, ToolDecision::Happened).await else {
            panic!("refused")
        };
        assert_eq!((rows.1.status, rows.2.status, change.ready), (StepStatus::Ready, TaskStatus::Running, true));
        let again = claim_one(&store).await;
        // Waiting cost no attempt.
        assert_eq!((again.step.id, again.step.attempts, again.step.epoch), (held.step.id, 1, 2));
        let statuses: Vec<_> =
            store.journaled_tool_calls(held.step.id, 0).await.unwrap().iter().map(|call| call.status).collect();
        assert_eq!(statuses, [CallStatus::Succeeded, CallStatus::Failed]);
    }

    async fn a_word_that_comes_before_the_step_waits_is_not_lost(stack: Stack) {
        let (app, store) = without_worker(stack).await;
        planned(&store, new_task(), &[("a", &[])]).await;
        let held = claim_one(&store).await;
        let call = store.dispatch_tool_call(&held, &call_of(0, ToolEffect::AtMostOnce)).await.unwrap();
        store.doubt_tool_calls(&held, &[doubt(call)]).await.unwrap();
        let DecideOutcome::Accepted(rows, _) = decide(&store, call, ToolDecision::RunAgain).await else {
            panic!("refused")
        };
        assert_eq!((rows.0.status, rows.1.status), (CallStatus::Reserved, StepStatus::Running));
        park(&store, &held).await;
        let step = step_of(&store, &held).await;
        assert_eq!((step.status, step.waiting_on, step.attempts), (StepStatus::Ready, None, 0));
        let again = claim_one(&store).await;
        store.dispatch_again(&again, call).await.unwrap();
        // Only what is reserved is sent again.
        store.dispatch_again(&again, call).await.unwrap_err();
        let settled = ToolSettlement::Succeeded { result: "4".to_owned(), truncated: false };
        store.settle_tool_call(&again, call, settled.clone(), None, 1).await.unwrap();
        // Once more, as after an answer of the database that was lost: the same, and no second event.
        let before = store.events_after(held.task.id, 0, 100).await.unwrap().len();
        store.settle_tool_call(&again, call, settled, None, 1).await.unwrap();
        assert_eq!(store.events_after(held.task.id, 0, 100).await.unwrap().len(), before);
        // A doubt that comes late takes no result away.
        let (_, change) = store.doubt_tool_calls(&again, &[doubt(call)]).await.unwrap();
        let row = tool_calls::Entity::find_by_id(call).one(&app.connection().await).await.unwrap().unwrap();
        assert_eq!((row.status, row.attempt_id, change.ready), (CallStatus::Succeeded, again.attempt_id, false));
    }

    async fn an_attempt_that_ends_leaves_only_harmful_calls_in_doubt(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = planned(&store, new_task(), &[("a", &[])]).await;
        let lost = claim(&store, 1, Duration::ZERO).await.remove(0);
        for (ordinal, effect) in (0..).zip([ToolEffect::Pure, ToolEffect::Idempotent, ToolEffect::AtMostOnce]) {
            store.dispatch_tool_call(&lost, &call_of(ordinal, effect)).await.unwrap();
        }
        rescued(&store).await;
        let calls = store.journaled_tool_calls(lost.step.id, 0).await.unwrap();
        let statuses: Vec<_> = calls.iter().map(|call| call.status).collect();
        assert_eq!(statuses, [CallStatus::Dispatched, CallStatus::Dispatched, CallStatus::Unknown]);
        let events = store.events_after(task, 0, 100).await.unwrap();
        let unknown: Vec<_> = events.iter().filter(|event| event.kind == EventKind::ToolCallUnknown).collect();
        assert_eq!(unknown.len(), 1);
        assert_eq!(unknown[0].payload.to_value()["callId"], calls[2].id.to_string());
        // A harmless one is nobody's to decide.
        let outcome = decide(&store, calls[0].id, ToolDecision::RunAgain).await;
        assert!(matches!(outcome, DecideOutcome::NotInDoubt(_)), "{outcome:?}");
    }

    async fn a_call_of_others_looks_absent_and_one_of_a_cancelled_task_is_past(stack: Stack) {
        let (_app, store) = without_worker(stack).await;
        let task = planned(&store, new_task(), &[("a", &[])]).await;
        let held = claim_one(&store).await;
        let call = store.dispatch_tool_call(&held, &call_of(0, ToolEffect::AtMostOnce)).await.unwrap();
        store.doubt_tool_calls(&held, &[doubt(call)]).await.unwrap();
        for others in [
            Scope::of_tenant(TenantId("other".to_owned())),
            Scope::of_user(TenantId("other".to_owned()), UserId("ada".to_owned())),
            Scope::of_user(tenant(), UserId("bob".to_owned())),
        ] {
            let outcome = store.decide_tool_call(&others, call, word(ToolDecision::RunAgain), |_| None).await.unwrap();
            assert!(outcome.is_none(), "{outcome:?}");
        }
        // Asked to stop while the worker still holds the step: too late for a word.
        store.cancel_task(&scope(), task).await.unwrap();
        let outcome = decide(&store, call, ToolDecision::RunAgain).await;
        assert!(matches!(outcome, DecideOutcome::Ended(_)), "{outcome:?}");
        park(&store, &held).await;
        let events = store.events_after(task, 0, 100).await.unwrap();
        let stopped = events.iter().find(|event| event.kind == EventKind::StepCancelled).unwrap();
        let in_flight = stopped.payload.to_value()["inFlight"].clone();
        assert_eq!(in_flight[0]["toolCall"], call.to_string());
        assert_eq!((&in_flight[0]["fate"], &in_flight[1]), (&"UNKNOWN".into(), &serde_json::Value::Null));
        let outcome = decide(&store, call, ToolDecision::RunAgain).await;
        assert!(matches!(outcome, DecideOutcome::Ended(task) if task.status == TaskStatus::Cancelled));
    }
}
