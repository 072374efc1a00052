//! The output of steps as it is written: the delta lane. It helps to see, and promises nothing the events do not.
//!
//! - An attempt writes a [`transcript`]: the texts of its model's answers, in order. It only grows.
//! - [`writer`] is the worker's side: it sends what was added about twenty times a second as hints, and while the text
//!   keeps growing it stores a draft about once a second, where other processes may need one. What an attempt that
//!   came to nothing has written is left as a draft, too, until another one completes the step.
//! - [`watched`] is the reader's side: one per watched step and process. It hears the hints, fills what is missing from
//!   the writer itself if that is in this process, else from the draft, and learns of attempts and ends from the task's
//!   events. [`view`] is what it knows, without I/O.
//! - A watcher ([`watcher`]) has a place in that text and takes what comes after it at its own pace: nothing queues up
//!   for it, and the slower it is, the larger its pieces are.
//!
//! If hints are lost, the draft brings the same text a second later.

mod delta;
mod transcript;
mod view;
mod watched;
mod watcher;
mod writer;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use entity::{ids::StepId, step};
use futures_util::Stream;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

pub use delta::Delta;
pub use view::OutputPiece;
pub use watcher::OutputStart;
pub use writer::OutputWriter;

use super::{Feed, lane::Lane};
use crate::store::{Store, StoreError};
use watched::Watched;
use writer::Written;

/// Steps that may be watched in one process at a time.
const MOST_WATCHED: usize = 16_384;

/// What is written and watched in this process.
pub(super) struct Outputs {
    store: Store,
    lane: Arc<dyn Lane<Delta>>,
    written: Mutex<HashMap<StepId, Weak<Written>>>,
    watched: Mutex<HashMap<StepId, Weak<Watched>>>,
}

/// Why a step's output cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// Try again later.
    #[error("this process shows as many steps as it can")]
    TooMany,
}

impl Outputs {
    /// Starts passing hints on to the steps that are watched, until `stop`.
    pub(super) fn start(store: Store, lane: Arc<dyn Lane<Delta>>, stop: CancellationToken) -> Arc<Self> {
        let mut hints = lane.listen();
        let outputs = Arc::new(Self {
            store,
            lane,
            written: Mutex::default(),
            watched: Mutex::default(),
        });
        let hearing = Arc::clone(&outputs);
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            loop {
                match hints.recv().await {
                    Ok(delta) => {
                        let watched = hearing.watched().get(&delta.step).and_then(Weak::upgrade);
                        if let Some(watched) = watched {
                            watched.hear(delta);
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        let all: Vec<_> = hearing.watched().values().filter_map(Weak::upgrade).collect();
                        all.iter().for_each(|watched| watched.look());
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                }
            }
        }));
        outputs
    }

    fn written(&self) -> MutexGuard<'_, HashMap<StepId, Weak<Written>>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<StepId, Weak<Watched>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an attempt under way in this process has written so far.
    fn written_here(&self, step: StepId, epoch: i64) -> Option<String> {
        let written = self.written().get(&step).and_then(Weak::upgrade)?;
        (written.epoch() == epoch).then(|| written.text())
    }

    /// Forgets a step, unless it is watched anew.
    fn forget(&self, watched: &Weak<Watched>, step: StepId) {
        let mut all = self.watched();
        if all.get(&step).is_some_and(|known| known.ptr_eq(watched)) {
            all.remove(&step);
        }
    }
}

impl Feed {
    /// Where an attempt writes its text.
    pub fn write_output(&self, step: &step::Model) -> OutputWriter {
        OutputWriter::new(&self.outputs, step)
    }

    /// The output of a step as it is written: what there is from `start` on, then what comes, until the step has ended.
    /// The caller has checked the scope.
    pub async fn step_output(
        &self,
        step: &step::Model,
        start: OutputStart,
    ) -> Result<impl Stream<Item = OutputPiece> + Send + use<>, WatchError> {
        let watched = self.watch(step).await?;
        Ok(watcher::pieces(watched, start))
    }

    async fn watch(&self, step: &step::Model) -> Result<Arc<Watched>, WatchError> {
        if let Some(watched) = self.outputs.watched().get(&step.id).and_then(Weak::upgrade) {
            return Ok(watched);
        }
        // Events after this one are heard: what they change is read after it.
        let seq = self.store.last_event(step.task_id).await?;
        let tail = self.tails.watch(step.task_id, seq);
        let mut all = self.outputs.watched();
        if let Some(watched) = all.get(&step.id).and_then(Weak::upgrade) {
            return Ok(watched);
        }
        all.retain(|_, watched| watched.strong_count() > 0);
        if all.len() >= MOST_WATCHED {
            return Err(WatchError::TooMany);
        }
        let watched = Watched::start(step, tail, &self.outputs);
        all.insert(step.id, Arc::downgrade(&watched));
        Ok(watched)
    }
}
