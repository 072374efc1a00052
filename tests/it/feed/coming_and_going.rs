//! Readers that come and go at random while others write: together they have the log, and nobody has anything twice.

use std::sync::Arc;

use futures_util::future::join_all;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{all, numbers};
use crate::support::{Socket, TestApp, both_stacks};

const WRITERS: usize = 4;
const READERS: usize = 5;
const ROUNDS: usize = 200;

const WATCH: &str = "subscription($id: ID!, $after: String) { taskEvents(taskId: $id, after: $after) { __typename \
    ... on TaskEvent { seq cursor kind } ... on CaughtUp { seq cursor } ... on Ended { finalSeq } } }";

/// Raises a task's budget to ever more, which is an event each time it is the first to.
async fn write(app: &TestApp, id: &str, next: &Mutex<usize>) {
    let raise = "mutation($input: RaiseBudgetInput!) { raiseBudget(input: $input) { userErrors { code } } }";
    for _ in 0..60 {
        let amount = {
            let mut next = next.lock().await;
            *next += 1;
            *next
        };
        let budget = json!({ "amount": amount.to_string(), "currency": "USD" });
        app.graphql(raise, json!({ "input": { "id": id, "budget": budget } }))
            .await
            .data();
    }
}

/// Subscribes, takes some events, and leaves in one way or another, again and again from where it was.
async fn read(app: &TestApp, id: &str, seed: u64) -> Vec<i64> {
    let mut random = StdRng::seed_from_u64(seed);
    let (mut log, mut cursor) = (Vec::new(), Value::Null);
    let mut socket: Option<Socket> = None;
    for round in 0..ROUNDS {
        let mut on = match socket.take() {
            Some(socket) => socket,
            None => app.socket().await,
        };
        let name = round.to_string();
        on.subscribe(&name, WATCH, json!({ "id": id, "after": cursor }))
            .await;
        // Sometimes it leaves before anything came.
        for _ in 0..random.random_range(0..4) {
            let frame = on.frame().await.unwrap();
            if frame["id"] != name.as_str() {
                // What was on its way when the one before was left.
                continue;
            }
            assert_eq!(frame["type"], "next", "{frame:#}");
            let item = &frame["payload"]["data"]["taskEvents"];
            if item["__typename"] == "TaskEvent" {
                log.push(item["seq"].as_str().unwrap().parse().unwrap());
                cursor = item["cursor"].clone();
            }
            if item["__typename"] == "CaughtUp" {
                break;
            }
        }
        if random.random_bool(0.5) {
            on.send(json!({ "id": name, "type": "complete" })).await;
            socket = Some(on);
        }
    }
    // And once more to the end of what there is.
    let mut last = app.socket().await;
    last.subscribe("last", WATCH, json!({ "id": id, "after": cursor }))
        .await;
    loop {
        let item = last.next().await["taskEvents"].clone();
        match item["__typename"].as_str().unwrap() {
            "TaskEvent" => log.push(item["seq"].as_str().unwrap().parse().unwrap()),
            _ => return log,
        }
    }
}

both_stacks! {
    async fn a_thousand_subscriptions_at_random_make_up_the_log(stack: Stack) {
        let app = TestApp::start_with(stack, |config| {
            config.server.roles.worker = false;
            config.limits.enabled = false;
        })
        .await;
        let seed: u64 = rand::random();
        let budget = json!({ "amount": "1", "currency": "USD" });
        let id = app.submit_input(json!({ "userId": "ada", "description": "Say hello", "budget": budget })).await;
        let next = Arc::new(Mutex::new(1));
        let writers = join_all((0..WRITERS).map(|_| write(&app, &id, &next)));
        let readers = join_all((0..READERS).map(|reader| read(&app, &id, seed.wrapping_add(reader as u64))));
        let (_, logs) = tokio::join!(writers, readers);
        let cancel = "mutation($id: ID!) { cancelTask(input: { id: $id }) { task { status } } }";
        app.graphql(cancel, json!({ "id": id })).await.data();
        let mut socket = app.socket().await;
        socket.subscribe("1", WATCH, json!({ "id": id })).await;
        let whole = numbers(&all(socket).await);
        assert_eq!(whole, (1..=i64::try_from(whole.len()).unwrap()).collect::<Vec<_>>());
        assert!(whole.len() > 100, "{}", whole.len());
        for log in &logs {
            assert_eq!(*log, whole[..log.len()], "each event once and in order (seed {seed})");
        }
    }
}
