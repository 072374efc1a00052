//! One watcher of one task.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    number,
    socket::{Incoming, Socket},
};
use crate::{
    load::{Api, Ends},
    tally::Tally,
};

const FOLLOW: &str = "subscription($id: ID!, $after: String, $consumer: String) { \
    feed: taskEvents(taskId: $id, after: $after, consumer: $consumer) { __typename \
    ... on TaskEvent { seq kind payload stepId cursor } ... on CaughtUp { caughtUp: seq } \
    ... on Ended { finalSeq status } } }";
const ACKNOWLEDGE: &str = "mutation($input: AcknowledgeEventsInput!) { acknowledgeEvents(input: $input) \
    { cursor userErrors { message } } }";

/// A silence after which a watcher looks elsewhere: longer than what a task that moves is silent for.
const SILENCE: Duration = Duration::from_secs(8);

/// Pause before coming back. It doubles while nothing is heard, as a good client does it: many who hurry keep a server
/// that is behind from ever catching up.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A named consumer acknowledges every so many events.
const ACKNOWLEDGED_EVERY: i64 = 3;

/// An event as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub seq: i64,
    pub kind: String,
    pub payload: Value,
    pub step: Option<String>,
}

/// What a watcher saw of its task.
#[derive(Clone, Debug)]
pub struct FollowerLog {
    pub task: String,
    pub name: String,
    /// Each once, in the order in which they came.
    pub events: Vec<Seen>,
    /// What was wrong with what came.
    pub wrong: Vec<String>,
    /// The number of the last event and the status, once the feed said that the task has ended: for the last time, if it
    /// was tried again.
    pub ended: Option<(i64, String)>,
}

/// A watcher at work.
pub struct Follower {
    api: Api,
    tally: Tally,
    ends: Ends,
    log: FollowerLog,
    /// Whether the database remembers for it how far it is.
    is_consumer: bool,
    cursor: Option<String>,
    acknowledged: i64,
    /// The last event of this connection.
    session: Option<i64>,
}

impl Follower {
    pub fn new(api: &Api, task: &str, name: &str, is_consumer: bool, ends: Ends, tally: &Tally) -> Self {
        Self {
            api: api.clone(),
            tally: tally.clone(),
            ends,
            log: FollowerLog {
                task: task.to_owned(),
                name: name.to_owned(),
                events: Vec::new(),
                wrong: Vec::new(),
                ended: None,
            },
            is_consumer,
            cursor: None,
            acknowledged: 0,
            session: None,
        }
    }

    /// Follows until the task has ended for good. Stopped early, it answers what it has.
    pub async fn follow(mut self, stop: tokio_util::sync::CancellationToken) -> FollowerLog {
        stop.run_until_cancelled(self.watch()).await;
        self.log
    }

    async fn watch(&mut self) {
        let (mut times, mut pause) = (0, PAUSE);
        loop {
            self.ends.look();
            self.log.ended = None;
            // A named consumer subscribes with its first variables again and again.
            let after = if self.is_consumer {
                None
            } else {
                self.cursor.clone()
            };
            let consumer = self.is_consumer.then_some(&self.log.name);
            let variables = json!({ "id": self.log.task, "after": after, "consumer": consumer });
            let url = self.api.any_url().to_owned();
            if let Some(socket) = Socket::subscribe(&url, FOLLOW, &variables).await {
                times += 1;
                if times > 1 {
                    self.tally.count("subscriber came back");
                }
                self.read(socket).await;
            }
            if self.log.ended.is_some() && !self.ends.was_not_the_last().await {
                return;
            }
            pause = if self.session.take().is_some() {
                PAUSE
            } else {
                LONGEST_PAUSE.min(pause * 2)
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn read(&mut self, mut socket: Socket) {
        self.session = None;
        loop {
            match socket.next(SILENCE).await {
                Incoming::Data(data) => {
                    self.take(&data["feed"]).await;
                    if self.log.ended.is_some() {
                        return;
                    }
                }
                Incoming::Refused(errors) => {
                    self.tally.count("subscription refused");
                    let code = &errors[0]["extensions"]["code"];
                    if code != "INTERNAL_SERVER_ERROR" && code != "TIMEOUT" {
                        self.log.wrong.push(format!("refused: {errors}"));
                    }
                    return;
                }
                Incoming::Complete | Incoming::Gone => return,
            }
        }
    }

    async fn take(&mut self, item: &Value) {
        match item["__typename"].as_str() {
            Some("TaskEvent") => self.take_event(item).await,
            Some("CaughtUp") if number(&item["caughtUp"]) != self.last() => {
                let wrong = format!("caught up at {} after event {}", item["caughtUp"], self.last());
                self.log.wrong.push(wrong);
            }
            Some("Ended") => {
                let status = item["status"].as_str().unwrap_or_default().to_owned();
                self.log.ended = Some((number(&item["finalSeq"]), status));
            }
            _ => {}
        }
    }

    async fn take_event(&mut self, item: &Value) {
        let (seq, last) = (number(&item["seq"]), self.last());
        let seen = Seen {
            seq,
            kind: item["kind"].as_str().unwrap_or_default().to_owned(),
            payload: item["payload"].clone(),
            step: item["stepId"].as_str().map(str::to_owned),
        };
        // Only a named consumer that comes back is sent again what it had not acknowledged.
        let expected = match self.session {
            Some(before) => before + 1..=before + 1,
            None if self.is_consumer => self.acknowledged + 1..=last + 1,
            None => last + 1..=last + 1,
        };
        self.session = Some(seq);
        if !expected.contains(&seq) {
            self.log.wrong.push(format!(
                "event {seq} came where {expected:?} was expected: {item}"
            ));
            return;
        }
        if seq <= last {
            let before = &self.log.events[usize::try_from(seq - 1).unwrap()];
            if *before != seen {
                self.log
                    .wrong
                    .push(format!("event {seq} was {before:?} and came again as {seen:?}"));
            }
            return;
        }
        self.log.events.push(seen);
        self.cursor = item["cursor"].as_str().map(str::to_owned);
        if self.is_consumer && seq % ACKNOWLEDGED_EVERY == 0 {
            self.acknowledge(seq).await;
        }
    }

    async fn acknowledge(&mut self, seq: i64) {
        let input = json!({ "taskId": self.log.task, "consumer": self.log.name, "cursor": self.cursor });
        // Not insisted on: what is not acknowledged is sent again.
        if let Some(data) = self.api.ask(ACKNOWLEDGE, &json!({ "input": input })).await
            && data["acknowledgeEvents"]["cursor"].is_string()
        {
            self.acknowledged = seq;
        }
    }

    fn last(&self) -> i64 {
        self.log.events.last().map_or(0, |seen| seen.seq)
    }
}
