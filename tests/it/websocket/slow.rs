//! Sockets that do not take what is sent to them, and their neighbours.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    EVENTS, dollars, raise, seqs, still,
    wire::{Heard, Wire, address, second_way_in},
};
use crate::support::{Stack, TestApp, both_stacks};

/// Half a megabyte per update.
fn heavy() -> String {
    let fields: String = (0..8).map(|at| format!("m{at}: metadata ")).collect();
    format!("subscription {{ taskUpdates {{ budget {{ amount }} {fields} }} }}")
}

async fn heavy_task(app: &TestApp) -> String {
    let budget = json!({ "amount": "1", "currency": "USD" });
    let metadata = json!({ "x": "y".repeat(63 * 1024) });
    app.submit_input(
        json!({ "userId": "ada", "description": "Say hello", "budget": budget, "metadata": metadata }),
    )
    .await
}

/// Once this is answered, the operation before it has begun.
async fn begun(wire: &mut Wire) {
    wire.subscribe("begun", "{ tasks(first: 1) { nodes { id } } }", json!({}))
        .await;
    while wire.frame().await != json!({ "id": "begun", "type": "complete" }) {}
}

both_stacks! {
    async fn one_that_does_not_read_is_closed_with_1013_and_its_neighbour_gets_everything(stack: Stack) {
        let app = still(stack).await;
        let id = heavy_task(&app).await;
        let mut slow = Wire::try_open(address(&app), Some(4_096)).await.unwrap();
        slow.introduce().await;
        let mut neighbour = Wire::acknowledged(address(&app)).await;
        for wire in [&mut slow, &mut neighbour] {
            wire.subscribe("1", &heavy(), json!({})).await;
            begun(wire).await;
        }
        // 20 MB: more than the system's buffers and ours hold.
        for amount in 2..42 {
            raise(&app, &id, amount).await;
            let update = neighbour.next().await;
            assert_eq!(update["taskUpdates"]["budget"]["amount"], dollars(amount), "in order, and none is left out");
        }
        let (mut got, mut last) = (0, 1);
        let (code, reason) = loop {
            match slow.heard().await {
                Heard::Frame(frame) => {
                    let amount = &frame["payload"]["data"]["taskUpdates"]["budget"]["amount"];
                    assert_eq!(*amount, dollars(last + 1), "what it got is without a gap");
                    (got, last) = (got + 1, last + 1);
                }
                Heard::Close(code, reason) => break (code, reason),
                Heard::Ping => {}
                Heard::Gone => panic!("gone without a word after {got}"),
            }
        };
        assert_eq!(code, 1013);
        assert!(reason.contains("cursor"), "{reason}");
        assert!(got < 40);
        raise(&app, &id, 42).await;
        assert_eq!(neighbour.next().await["taskUpdates"]["budget"]["amount"], dollars(42));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_takes_nothing_at_all_is_closed_with_1013() {
    let app = still(Stack::Sqlite).await;
    heavy_task(&app).await;
    let (address, _guard) = second_way_in(&app, |settings| {
        settings.stall_timeout = Duration::from_millis(200);
    })
    .await;
    let mut wire = Wire::try_open(address, Some(4_096)).await.unwrap();
    wire.introduce().await;
    let fields: String = (0..32).map(|at| format!("m{at}: metadata ")).collect();
    for at in 0..8 {
        let query = format!("{{ tasks(first: 1) {{ nodes {{ {fields} }} }} }}");
        wire.subscribe(&at.to_string(), &query, json!({})).await;
    }
    // Nothing can be heard of a wait that is not to be noticed.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(wire.closed().await.0, 1013);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_pings_that_nobody_reads_the_answers_of_is_closed_with_1013() {
    let app = still(Stack::Sqlite).await;
    let closed = async || {
        let metrics = app.client.get("/metrics").await.body;
        let line = |text: &str| {
            text.lines()
                .find(|line| line.starts_with("websocket_closed_total{code=\"1013\"}"))
                .map(str::to_owned)
        };
        metrics
            .as_str()
            .and_then(line)
            .map_or(0, |line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
    };
    let before = closed().await;
    let mut wire = Wire::try_open(address(&app), Some(4_096)).await.unwrap();
    wire.introduce().await;
    let ping = json!({ "type": "ping", "payload": { "x": "y".repeat(200 * 1024) } });
    for _ in 0..60 {
        if !wire.try_send(&ping).await {
            break;
        }
    }
    // The frame itself may be lost: whoever hangs up on data that nobody will read resets the connection.
    loop {
        match wire.heard().await {
            Heard::Close(code, _) => {
                assert_eq!(code, 1013);
                break;
            }
            Heard::Gone => break,
            Heard::Frame(_) | Heard::Ping => {}
        }
    }
    // Counted once the goodbye is over.
    let counted = async {
        while closed().await == before {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), counted)
        .await
        .expect("no socket was closed with 1013");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_backlog_comes_no_faster_than_it_is_read() {
    let app = still(Stack::Sqlite).await;
    let id = super::submitted(&app).await;
    for amount in 2..=800 {
        raise(&app, &id, amount).await;
    }
    // Each event is large enough that the whole of them fits no buffer on the way.
    let padding = "p".repeat(200);
    let fields: String = (0..60).map(|at| format!("{padding}{at}: payload ")).collect();
    let query = EVENTS.replace("kind step { key }", &fields);
    let mut wire = Wire::try_open(address(&app), Some(4_096)).await.unwrap();
    wire.introduce().await;
    wire.subscribe("1", &query, json!({ "id": id })).await;
    let items: Vec<Value> = wire.until("CaughtUp").await;
    assert_eq!(seqs(&items).len(), 801);
}
