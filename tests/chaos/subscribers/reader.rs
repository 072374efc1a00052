//! One reader of what a step writes: puts the pieces together by their offsets, wherever they come from.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    number,
    socket::{Incoming, Socket},
};
use crate::{
    load::{Api, Ends},
    tally::Tally,
};

const STEPS: &str = "query($id: ID!) { task(id: $id) { steps { id kind } } }";
const READ: &str = "subscription($id: ID!, $after: Int, $attempt: BigInt) { \
    output: stepOutput(stepId: $id, after: $after, attempt: $attempt) { attempt offset text isFinal } }";

/// A silence after which a reader looks elsewhere. A step that waits is silent for longer.
const SILENCE: Duration = Duration::from_secs(8);

/// Pause before coming back; it doubles while nothing is heard.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a reader has of its step.
#[derive(Clone, Debug, Default)]
pub struct ReaderLog {
    pub step: String,
    /// The attempt that wrote it.
    pub attempt: i64,
    /// In UTF-16 code units, which offsets count.
    pub text: Vec<u16>,
    /// Whether this is all there is.
    pub is_final: bool,
    pub pieces: u64,
    /// What was wrong with what came.
    pub wrong: Vec<String>,
}

/// A reader at work.
pub struct Reader {
    api: Api,
    tally: Tally,
    ends: Ends,
    log: ReaderLog,
}

/// Reads every step of a task until the task has ended for good. Stopped early, each answers what it has.
pub async fn read_steps(
    api: Api,
    tally: Tally,
    task: String,
    ends: Ends,
    stop: CancellationToken,
) -> Vec<ReaderLog> {
    let steps = stop.run_until_cancelled(steps_of(&api, &task, &ends)).await;
    let readers = steps.unwrap_or_default().into_iter().map(|step| {
        let reader = Reader {
            api: api.clone(),
            tally: tally.clone(),
            ends: ends.clone(),
            log: ReaderLog {
                step,
                ..ReaderLog::default()
            },
        };
        reader.follow(stop.clone())
    });
    futures_util::future::join_all(readers).await
}

/// The steps of a task, once it is planned; none if it came to no plan.
async fn steps_of(api: &Api, task: &str, ends: &Ends) -> Vec<String> {
    loop {
        let is_over = ends.is_over();
        let data = api.ask(STEPS, &json!({ "id": task })).await;
        let steps: Vec<String> = data
            .iter()
            .flat_map(|data| data["task"]["steps"].as_array().into_iter().flatten())
            .filter(|step| step["kind"] == "WORK")
            .filter_map(|step| step["id"].as_str().map(str::to_owned))
            .collect();
        if !steps.is_empty() || (is_over && data.is_some()) {
            return steps;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Reader {
    async fn follow(mut self, stop: CancellationToken) -> ReaderLog {
        stop.run_until_cancelled(self.watch()).await;
        self.log
    }

    async fn watch(&mut self) {
        let (mut times, mut pause) = (0, PAUSE);
        loop {
            self.ends.look();
            self.log.is_final = false;
            let before = self.log.pieces;
            // One that lost its place begins anew.
            let keeps = self.log.attempt > 0 && rand::random_bool(0.7);
            let variables = json!({
                "id": self.log.step,
                "after": keeps.then_some(self.log.text.len()),
                "attempt": keeps.then(|| self.log.attempt.to_string()),
            });
            let url = self.api.any_url().to_owned();
            if let Some(socket) = Socket::subscribe(&url, READ, &variables).await {
                times += 1;
                if times > 1 {
                    self.tally.count("reader came back");
                }
                self.read(socket).await;
            }
            if self.log.is_final && !self.ends.was_not_the_last().await {
                return;
            }
            pause = if self.log.pieces > before {
                PAUSE
            } else {
                LONGEST_PAUSE.min(pause * 2)
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn read(&mut self, mut socket: Socket) {
        loop {
            match socket.next(SILENCE).await {
                Incoming::Data(data) => self.take(&data["output"]),
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

    /// Keeps what stands before the piece, and puts it after that.
    fn take(&mut self, piece: &Value) {
        let log = &mut self.log;
        let (attempt, offset) = (number(&piece["attempt"]), number(&piece["offset"]));
        let kept = usize::try_from(offset).unwrap_or(usize::MAX);
        let follows = kept <= log.text.len() && (attempt == log.attempt || kept == 0);
        if !follows || log.is_final {
            let (length, of) = (log.text.len(), log.attempt);
            log.wrong
                .push(format!("after {length} code units of attempt {of} came {piece}"));
        }
        if log.attempt != attempt && log.pieces > 0 {
            self.tally.count("text superseded by a later attempt");
        }
        log.text.truncate(kept);
        log.text
            .extend(piece["text"].as_str().unwrap_or_default().encode_utf16());
        log.attempt = attempt;
        log.is_final = piece["isFinal"] == true;
        log.pieces += 1;
    }
}
