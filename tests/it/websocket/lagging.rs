//! Feeds of sockets that are too slow: they are told from where to go on, and going on there they have missed nothing.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use super::{
    raise, seqs, still, submitted,
    wire::{Heard, Wire, address, second_way_in},
};
use crate::support::{Socket, TestApp, both_stacks};

/// Events enough to fill every buffer on the way, each as large as [`heavy`] makes it.
const EVENTS: usize = 600;

/// A feed whose events are large, under names of the client's own.
fn heavy(arguments: &str) -> String {
    let padding = "p".repeat(200);
    let fields: String = (0..100).map(|at| format!("{padding}{at}: payload ")).collect();
    format!(
        "subscription($id: ID!, $after: String) {{ feed: taskEvents(taskId: $id, after: $after{arguments}) {{ what: __typename \
         ... on TaskEvent {{ seq cursor {fields} }} ... on Lagged {{ seq from: cursor }} ... on CaughtUp {{ seq }} }} }}"
    )
}

/// What a slow client heard of a feed: its events, what it was told last, and the close frame.
struct SlowEnd {
    seqs: Vec<i64>,
    lagged: Vec<Value>,
    code: u16,
    reason: String,
}

fn number(seq: &Value) -> i64 {
    seq.as_str().unwrap().parse().unwrap()
}

async fn read_to_the_end(wire: &mut Wire) -> SlowEnd {
    let mut end = SlowEnd {
        seqs: Vec::new(),
        lagged: Vec::new(),
        code: 0,
        reason: String::new(),
    };
    loop {
        match wire.heard().await {
            Heard::Frame(frame) => {
                assert_eq!(frame["type"], "next", "{frame:#}");
                let item = &frame["payload"]["data"]["feed"];
                assert!(
                    end.lagged.is_empty() || item["what"] == "Lagged",
                    "more after Lagged"
                );
                match item["what"].as_str().unwrap() {
                    "TaskEvent" => end.seqs.push(number(&item["seq"])),
                    "Lagged" => end.lagged.push(item.clone()),
                    _ => {}
                }
            }
            Heard::Close(code, reason) => {
                (end.code, end.reason) = (code, reason);
                return end;
            }
            Heard::Ping => {}
            Heard::Gone => panic!("gone without a word after {} events", end.seqs.len()),
        }
    }
}

/// Everything a task's table of events has.
async fn stored(app: &TestApp) -> Vec<i64> {
    let connection = app.connection().await;
    let select = Statement::from_string(
        connection.get_database_backend(),
        "SELECT seq FROM event ORDER BY seq",
    );
    let rows = connection.query_all_raw(select).await.unwrap();
    rows.iter().map(|row| row.try_get("", "seq").unwrap()).collect()
}

/// The events after a cursor, up to what there is.
async fn rest(app: &TestApp, id: &str, after: &Value) -> Vec<i64> {
    let mut wire = Wire::acknowledged(address(app)).await;
    wire.subscribe("1", super::EVENTS, json!({ "id": id, "after": after }))
        .await;
    seqs(&wire.until("CaughtUp").await)
        .into_iter()
        .map(|seq| i64::try_from(seq).unwrap())
        .collect()
}

async fn check(app: &TestApp, id: &str, end: SlowEnd) {
    assert_eq!(end.code, 1013);
    assert_eq!(end.lagged.len(), 1);
    let lagged = &end.lagged[0];
    assert_eq!(
        number(&lagged["seq"]),
        *end.seqs.last().unwrap(),
        "it is where the client is"
    );
    assert!(
        end.reason.contains(lagged["from"].as_str().unwrap()),
        "{}",
        end.reason
    );
    assert!(
        end.seqs.len() < EVENTS,
        "it was not slow: {} events",
        end.seqs.len()
    );
    let mut log = end.seqs;
    log.extend(rest(app, id, &lagged["from"]).await);
    assert_eq!(log, stored(app).await);
}

both_stacks! {
    async fn one_that_stops_reading_is_told_from_where_to_go_on(stack: Stack) {
        let app = still(stack).await;
        let id = submitted(&app).await;
        for amount in 2..=EVENTS {
            raise(&app, &id, amount).await;
        }
        let (address, _guard) = second_way_in(&app, |settings| settings.stall_timeout = Duration::from_millis(500)).await;
        // Shared or not: a feed of a named consumer is executed for itself.
        for arguments in ["", ", consumer: \"ui\""] {
            let mut wire = Wire::try_open(address, Some(4_096)).await.unwrap();
            wire.introduce().await;
            wire.subscribe("1", &heavy(arguments), json!({ "id": id })).await;
            // Nothing can be heard of a wait that is not to be noticed.
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            check(&app, &id, read_to_the_end(&mut wire).await).await;
        }
    }

    async fn one_that_falls_behind_its_neighbour_is_told_too(stack: Stack) {
        let app = still(stack).await;
        let id = submitted(&app).await;
        for amount in 2..=EVENTS {
            raise(&app, &id, amount).await;
        }
        let address = address(&app);
        let mut slow = Wire::try_open(address, Some(4_096)).await.unwrap();
        slow.introduce().await;
        slow.subscribe("1", &heavy(""), json!({ "id": id })).await;
        let mut neighbour: Socket = app.socket().await;
        neighbour.subscribe("1", &heavy(""), json!({ "id": id })).await;
        let mut events = 0;
        loop {
            let item = neighbour.next().await["feed"].clone();
            match item["what"].as_str().unwrap() {
                "TaskEvent" => events += 1,
                "CaughtUp" => break,
                other => panic!("{other}"),
            }
        }
        assert_eq!(events, stored(&app).await.len());
        check(&app, &id, read_to_the_end(&mut slow).await).await;
    }

    async fn a_socket_with_several_feeds_is_told_of_each(stack: Stack) {
        let app = still(stack).await;
        let (one, other) = (submitted(&app).await, submitted(&app).await);
        for amount in 2..=EVENTS {
            raise(&app, &one, amount).await;
        }
        let (address, _guard) = second_way_in(&app, |settings| settings.stall_timeout = Duration::from_millis(500)).await;
        let mut wire = Wire::try_open(address, Some(4_096)).await.unwrap();
        wire.introduce().await;
        wire.subscribe("2", &heavy(""), json!({ "id": other })).await;
        while wire.frame().await["payload"]["data"]["feed"]["what"] != "CaughtUp" {}
        wire.subscribe("1", &heavy(""), json!({ "id": one })).await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let mut lagged = Vec::new();
        let reason = loop {
            match wire.heard().await {
                Heard::Frame(frame) if frame["payload"]["data"]["feed"]["what"] == "Lagged" => lagged.push(frame),
                Heard::Frame(_) | Heard::Ping => {}
                Heard::Close(1013, reason) => break reason,
                end => panic!("{end:?}"),
            }
        };
        lagged.sort_by_key(|frame| frame["id"].as_str().unwrap().to_owned());
        assert_eq!(lagged.iter().map(|frame| &frame["id"]).collect::<Vec<_>>(), ["1", "2"]);
        // The quiet one has all it could have.
        let quiet = &lagged[1]["payload"]["data"]["feed"]["from"];
        assert_eq!(rest(&app, &other, quiet).await, Vec::<i64>::new());
        assert!(reason.contains("the last cursor received"), "{reason}");
    }
}
