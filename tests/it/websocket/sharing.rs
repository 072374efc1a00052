//! Equal subscriptions are executed once, and nobody can tell.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    EVENTS, cancel, dollars, raise, seqs, still, submitted,
    wire::{Wire, address},
};
use crate::support::{TestApp, both_stacks};

const MANY: usize = 200;

async fn caught_up(app: &TestApp, id: &str) -> (Wire, Vec<Value>) {
    let mut wire = Wire::acknowledged(address(app)).await;
    wire.subscribe("1", EVENTS, json!({ "id": id })).await;
    let items = wire.until("CaughtUp").await;
    (wire, items)
}

async fn rest(wire: &mut Wire, items: &mut Vec<Value>) {
    items.extend(wire.until("Ended").await);
    assert_eq!(wire.frame().await, json!({ "id": "1", "type": "complete" }));
}

/// Statements it costs to show 20 changes of a task to its subscribers, those of the changes included.
async fn statements(app: &TestApp, subscribers: usize) -> u64 {
    let id = submitted(app).await;
    let first = caught_up(app, &id).await;
    let before = app.services.store.statements();
    let others = join_all((1..subscribers).map(|_| caught_up(app, &id))).await;
    let mut all: Vec<_> = std::iter::once(first).chain(others).collect();
    for amount in 2..20 {
        raise(app, &id, amount).await;
    }
    cancel(app, &id).await;
    join_all(all.iter_mut().map(|(wire, items)| rest(wire, items))).await;
    let cost = app.services.store.statements() - before;
    assert!(
        all.iter().all(|(_, items)| *items == all[0].1),
        "the logs are the same"
    );
    let seqs = seqs(&all[0].1);
    assert_eq!(seqs.first(), Some(&1));
    assert!(seqs.len() > 20, "{seqs:?}");
    cost
}

both_stacks! {
    async fn two_hundred_equal_subscribers_cost_as_many_statements_as_one(stack: Stack) {
        let app = still(stack).await;
        let (one, many) = (statements(&app, 1).await, statements(&app, MANY).await);
        // The feed looks once a second whether it missed anything, so a longer run has a few more.
        assert!(many <= one + 40, "{one} statements for one subscriber and {many} for {MANY}");
    }

    async fn equal_subscribers_of_a_running_task_get_the_complete_log(stack: Stack) {
        let app = TestApp::start(stack).await;
        let id = app.submit("ada", "Compare Postgres, MySQL and SQLite, then recommend one").await;
        let logs = join_all((0..MANY).map(async |_| {
            let (mut wire, mut items) = caught_up(&app, &id).await;
            rest(&mut wire, &mut items).await;
            items.into_iter().map(|item| item["taskEvents"].clone()).filter(|item| item["__typename"] == "TaskEvent").collect()
        }))
        .await;
        let complete: &Vec<Value> = &logs[0];
        assert_eq!(complete.first().unwrap()["seq"], "1");
        assert_eq!(complete.last().unwrap()["kind"], "TASK_COMPLETED");
        assert!(logs.iter().all(|log| log == complete), "the logs are the same");
    }

    async fn one_that_comes_late_misses_nothing_and_one_that_leaves_takes_nothing_along(stack: Stack) {
        let app = still(stack).await;
        let id = submitted(&app).await;
        let (mut first, mut of_first) = caught_up(&app, &id).await;
        for amount in 2..10 {
            raise(&app, &id, amount).await;
            of_first.push(first.next().await);
        }
        let (mut late, mut of_late) = caught_up(&app, &id).await;
        // The first leaves in the middle, with a word and without.
        first.send(json!({ "id": "1", "type": "complete" })).await;
        drop(first);
        for amount in 10..20 {
            raise(&app, &id, amount).await;
        }
        let (mut later, mut of_later) = caught_up(&app, &id).await;
        cancel(&app, &id).await;
        rest(&mut late, &mut of_late).await;
        rest(&mut later, &mut of_later).await;
        let events = seqs(&of_late);
        assert_eq!(events, seqs(&of_later));
        assert_eq!((events[0], events.len() > 20), (1, true));
        assert_eq!(seqs(&of_first), events[..seqs(&of_first).len()]);
    }

    async fn one_that_comes_to_a_long_log_reads_it_all_the_same(stack: Stack) {
        let app = still(stack).await;
        let id = submitted(&app).await;
        let (mut first, mut of_first) = caught_up(&app, &id).await;
        // More than an execution keeps for those who come late.
        for amount in 2..300 {
            raise(&app, &id, amount).await;
            of_first.push(first.next().await);
        }
        let (mut late, mut of_late) = caught_up(&app, &id).await;
        raise(&app, &id, 300).await;
        of_first.push(first.next().await);
        of_late.push(late.next().await);
        assert_eq!(seqs(&of_first), seqs(&of_late));
        assert_eq!(seqs(&of_late).len(), 301);
    }

    async fn named_consumers_read_from_their_own_place(stack: Stack) {
        let app = still(stack).await;
        let id = submitted(&app).await;
        let watch = "subscription($id: ID!, $name: String) { taskEvents(taskId: $id, consumer: $name) \
            { __typename ... on TaskEvent { seq cursor } } }";
        let variables = json!({ "id": id, "name": "ui" });
        let mut before = Wire::acknowledged(address(&app)).await;
        before.subscribe("1", watch, variables.clone()).await;
        let items = before.until("CaughtUp").await;
        let acknowledge = "mutation($input: AcknowledgeEventsInput!) { acknowledgeEvents(input: $input) { userErrors { message } } }";
        let input = json!({ "taskId": id, "consumer": "ui", "cursor": items[0]["taskEvents"]["cursor"] });
        app.graphql(acknowledge, json!({ "input": input })).await.data();
        // The same words while the first still listens, and yet not from the start.
        let mut after = Wire::acknowledged(address(&app)).await;
        after.subscribe("1", watch, variables).await;
        assert_eq!(seqs(&after.until("CaughtUp").await), [2]);
    }

    async fn those_who_ask_for_changes_get_none_from_before_they_asked(stack: Stack) {
        let app = still(stack).await;
        let id = submitted(&app).await;
        let watch = "subscription { taskUpdates { budget { amount } } }";
        let begun = "{ tasks(first: 1) { nodes { id } } }";
        let mut wires = Vec::new();
        for amount in [2, 3] {
            let mut wire = Wire::acknowledged(address(&app)).await;
            wire.subscribe("1", watch, json!({})).await;
            wire.subscribe("2", begun, json!({})).await;
            assert_eq!(wire.frame().await["id"], "2", "nothing has changed yet");
            assert_eq!(wire.frame().await["type"], "complete");
            wires.push(wire);
            raise(&app, &id, amount).await;
            for wire in &mut wires {
                assert_eq!(wire.next().await["taskUpdates"]["budget"]["amount"], dollars(amount));
            }
        }
    }
}
