//! The worker's side: takes an attempt's text, which never waits, and sees to it that watchers get it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use entity::step;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Outputs, delta::Delta, transcript::Transcript};
use crate::domain::causes::in_one_line;

/// How long text gathers before it is sent.
const GATHER: Duration = Duration::from_millis(50);

/// How long text gathers before a draft is stored.
const SAVE: Duration = Duration::from_secs(1);

/// Each so many bytes of a draft make its next one wait that long again: a long text is not written over and over.
const SAVE_BYTES: usize = 64 * 1024;

/// The largest piece that is sent, in bytes.
const MOST_SENT: usize = 16 * 1024;

/// What an attempt writes. Nothing here waits or fails; with its drop the attempt is over.
pub struct OutputWriter {
    written: Arc<Written>,
    outputs: Arc<Outputs>,
    has_started: AtomicBool,
}

/// The text of an attempt under way in this process.
pub(super) struct Written {
    step: step::Model,
    transcript: Mutex<Transcript>,
    /// The text's length in bytes.
    length: watch::Sender<usize>,
    /// The output is whole: drafts are not needed any more.
    is_complete: AtomicBool,
    over: CancellationToken,
}

impl OutputWriter {
    pub(super) fn new(outputs: &Arc<Outputs>, step: &step::Model) -> Self {
        Self {
            written: Arc::new(Written {
                step: step.clone(),
                transcript: Mutex::default(),
                length: watch::Sender::new(0),
                is_complete: AtomicBool::new(false),
                over: CancellationToken::new(),
            }),
            outputs: Arc::clone(outputs),
            has_started: AtomicBool::new(false),
        }
    }

    /// What is written from here on is another answer.
    pub fn begin_answer(&self) {
        self.written.transcript().begin_answer();
    }

    /// Adds to the present answer.
    pub fn write(&self, piece: &str) {
        let length = {
            let mut transcript = self.written.transcript();
            if !transcript.push(piece) {
                return;
            }
            transcript.text().len()
        };
        if !self.has_started.swap(true, Ordering::Relaxed) {
            self.start();
        }
        self.written.length.send_replace(length);
    }

    /// The present answer is `whole`: for models and journals that give an answer in one piece.
    pub fn end_answer(&self, whole: &str) {
        let has_begun = self.written.transcript().has_begun();
        if !has_begun {
            self.write(whole);
        }
    }

    /// The step's output is whole and about to be stored.
    pub fn completed(&self) {
        self.written.is_complete.store(true, Ordering::Relaxed);
    }

    fn start(&self) {
        let (step, written) = (self.written.step.id, &self.written);
        self.outputs.written().insert(step, Arc::downgrade(written));
        tokio::spawn(send_and_save(Arc::clone(written), Arc::clone(&self.outputs)));
    }
}

impl Drop for OutputWriter {
    fn drop(&mut self) {
        if self.has_started.load(Ordering::Relaxed) {
            let mut all = self.outputs.written();
            let ours = Arc::as_ptr(&self.written);
            if all
                .get(&self.written.step.id)
                .is_some_and(|known| known.as_ptr() == ours)
            {
                all.remove(&self.written.step.id);
            }
        }
        self.written.over.cancel();
    }
}

impl Written {
    fn transcript(&self) -> MutexGuard<'_, Transcript> {
        self.transcript.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn epoch(&self) -> i64 {
        self.step.epoch
    }

    pub(super) fn text(&self) -> String {
        self.transcript().text().to_owned()
    }

    fn text_after(&self, offset: usize) -> String {
        self.transcript()
            .text()
            .get(offset..)
            .unwrap_or_default()
            .to_owned()
    }
}

/// Until the attempt is over. An answer that is there at once is neither sent nor stored: the step's end brings it.
async fn send_and_save(written: Arc<Written>, outputs: Arc<Outputs>) {
    let (mut sent, mut saved) = (0, 0);
    let save = async {
        if outputs.store.is_shared() {
            save(&written, &outputs, &mut saved).await;
        }
    };
    written
        .over
        .run_until_cancelled(async { tokio::join!(send(&written, &outputs, &mut sent), save) })
        .await;
    if written.is_complete.load(Ordering::Relaxed) {
        // An earlier attempt may have left one, too.
        if (saved > 0 || written.epoch() > 1)
            && let Err(error) = outputs.store.forget_draft(&written.step).await
        {
            tracing::debug!(error = %in_one_line(&error), "a draft that is not needed any more stays");
        }
        return;
    }
    // Put aside or broken off: what was written stays to be seen until another attempt takes its place.
    if sent > 0 {
        send_rest(&written, &outputs, &mut sent);
        save_once(&written, &outputs, &mut saved).await;
    }
}

async fn send(written: &Written, outputs: &Outputs, sent: &mut usize) {
    let mut length = written.length.subscribe();
    while length.wait_for(|length| *length > *sent).await.is_ok() {
        tokio::time::sleep(GATHER).await;
        send_rest(written, outputs, sent);
    }
}

fn send_rest(written: &Written, outputs: &Outputs, sent: &mut usize) {
    let text = written.text_after(*sent);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(MOST_SENT));
        outputs.lane.send(Delta {
            step: written.step.id,
            epoch: written.epoch(),
            offset: *sent,
            text: piece.to_owned(),
        });
        *sent += piece.len();
        rest = after;
    }
}

async fn save(written: &Written, outputs: &Outputs, saved: &mut usize) {
    let mut length = written.length.subscribe();
    while let Ok(longer) = length
        .wait_for(|length| *length > *saved)
        .await
        .map(|length| *length)
    {
        let times = u32::try_from(1 + longer / SAVE_BYTES).unwrap_or(u32::MAX);
        tokio::time::sleep(SAVE.saturating_mul(times)).await;
        if !save_once(written, outputs, saved).await {
            return;
        }
    }
}

/// False if the step has another owner by now.
async fn save_once(written: &Written, outputs: &Outputs, saved: &mut usize) -> bool {
    let text = written.text();
    match outputs.store.write_draft(&written.step, &text).await {
        Ok(true) => {
            *saved = text.len();
            true
        }
        Ok(false) => false,
        Err(error) => {
            tracing::debug!(error = %in_one_line(&error), "a draft could not be stored; trying again");
            true
        }
    }
}
