//! The reader of one watched step: hears hints, and looks into the store for what they do not say.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use entity::{
    enums::{EventKind, StepStatus},
    event,
    ids::StepId,
    llm_call, step,
};
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::{
    Outputs,
    delta::Delta,
    transcript::Transcript,
    view::{OutputPiece, Place, View},
};
use crate::{
    domain::{causes::in_one_line, lifecycle::Lifecycle, scope::Scope},
    feed::tail::Tail,
    store::StoreError,
};

/// How long a reader relies on hints before it looks for itself.
const POLL: Duration = Duration::from_secs(1);

/// How long it waits after it has looked, however much is missing.
const PAUSE: Duration = Duration::from_millis(200);

/// A step that is watched. Dropped with its last watcher.
pub(super) struct Watched {
    known: Arc<Known>,
    /// Ends the reader.
    stop: CancellationToken,
    /// Keeps the task's events coming.
    _tail: Arc<Tail>,
}

/// What the reader and the watchers share.
#[derive(Default)]
struct Known {
    view: Mutex<View>,
    /// Counts changes.
    changed: watch::Sender<u64>,
    /// Asks the reader to look into the store.
    look: Notify,
    /// Whether a hint came since the reader looked last.
    has_heard: AtomicBool,
}

impl Known {
    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut View) -> T) -> T {
        let changed = change(&mut self.view());
        self.changed.send_modify(|count| *count += 1);
        changed
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Watched {
    pub(super) fn start(step: &step::Model, tail: Arc<Tail>, outputs: &Arc<Outputs>) -> Arc<Self> {
        let events = tail.subscribe();
        let known = Arc::<Known>::default();
        let watched = Arc::new(Self {
            known: Arc::clone(&known),
            stop: CancellationToken::new(),
            _tail: tail,
        });
        let reader = Reader {
            known,
            watched: Arc::downgrade(&watched),
            outputs: Arc::clone(outputs),
            events,
            scope: Scope::of_tenant(step.tenant_id.clone()),
            step: step.id,
        };
        tokio::spawn(watched.stop.clone().run_until_cancelled_owned(reader.run()));
        watched
    }

    pub(super) fn hear(&self, delta: Delta) {
        if self.known.change(|view| view.hear(delta)) {
            self.known.has_heard.store(true, Ordering::Relaxed);
        } else {
            self.look();
        }
    }

    /// Has the reader look soon.
    pub(super) fn look(&self) {
        self.known.look.notify_one();
    }

    /// Counts the changes from now on.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.known.changed.subscribe()
    }

    pub(super) fn next(&self, place: &mut Place) -> Option<OutputPiece> {
        self.known.view().next(place)
    }
}

struct Reader {
    known: Arc<Known>,
    /// Under which it is found.
    watched: Weak<Watched>,
    outputs: Arc<Outputs>,
    events: broadcast::Receiver<Arc<event::Model>>,
    scope: Scope,
    step: StepId,
}

impl Reader {
    async fn run(mut self) {
        loop {
            let is_running = match self.look().await {
                Ok(Some(status)) if status.is_final() => return,
                Ok(Some(status)) => status == StepStatus::Running,
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(error = %in_one_line(&error), step.id = %self.step, "the output of a step cannot be read; trying again");
                    true
                }
            };
            self.wait(is_running).await;
        }
    }

    /// Reads where the step stands and what it has written. None if it is not there.
    async fn look(&self) -> Result<Option<StepStatus>, StoreError> {
        let Some(step) = self.outputs.store.step(&self.scope, self.step).await? else {
            return Ok(None);
        };
        let draft = self.draft(&step).await?;
        let output = if step.status == StepStatus::Completed {
            let outputs = self.outputs.store.outputs_of(&self.scope, &[self.step]).await?;
            outputs.into_iter().next().map(|output| output.content)
        } else {
            None
        };
        if step.status.is_final() {
            // Whoever comes from here on reads anew: the step may be tried again.
            self.outputs.forget(&self.watched, self.step);
        }
        self.known.has_heard.store(false, Ordering::Relaxed);
        self.known.change(|view| {
            view.begin(step.epoch);
            if let Some(text) = &draft {
                view.absorb(step.epoch, text);
            }
            if step.status.is_final() {
                view.end(step.epoch, output);
            }
        });
        Ok(Some(step.status))
    }

    /// What the step's latest attempt has written.
    async fn draft(&self, step: &step::Model) -> Result<Option<String>, StoreError> {
        let store = &self.outputs.store;
        if step.epoch == 0 {
            return Ok(None);
        }
        if step.status == StepStatus::Completed {
            // The journal has it all, which tells how much of it the output has kept.
            let answers = store.journaled_answers(self.step, step.journal_after).await?;
            return Ok(Some(told(answers)));
        }
        if let Some(text) = self.outputs.written_here(self.step, step.epoch) {
            return Ok(Some(text));
        }
        if step.status == StepStatus::Running && !store.is_shared() {
            // It is about to be written here.
            return Ok(None);
        }
        let draft = store.draft(self.step).await?;
        Ok(draft
            .filter(|draft| draft.epoch == step.epoch)
            .map(|draft| draft.content))
    }

    /// Until there is something to look for.
    async fn wait(&mut self, is_running: bool) {
        let (step, known, events) = (self.step, &self.known, &mut self.events);
        let moved = async {
            loop {
                match events.recv().await {
                    Ok(event) if event.step_id == Some(step) && moves(event.kind) => return,
                    // The task ends with its last step, or without it.
                    Ok(event) if matches!(event.kind, EventKind::TaskCancelled | EventKind::TaskFailed) => {
                        return;
                    }
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => return,
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        let silence = async {
            loop {
                tokio::time::sleep(POLL).await;
                if is_running && !known.has_heard.swap(false, Ordering::Relaxed) {
                    return;
                }
            }
        };
        let missing = async {
            tokio::time::sleep(PAUSE).await;
            known.look.notified().await;
        };
        tokio::select! {
            () = moved => {}
            () = missing => {}
            () = silence => {}
        }
    }
}

/// Whether a step may stand elsewhere after an event of this kind.
fn moves(kind: EventKind) -> bool {
    !matches!(
        kind,
        EventKind::LlmCallSettled | EventKind::ToolCallSettled | EventKind::MemoryStored
    )
}

/// The text of answers as the attempt that was given them has written it.
fn told(mut answers: Vec<llm_call::Model>) -> String {
    answers.sort_by_key(|call| call.ordinal);
    let mut transcript = Transcript::default();
    for answer in answers.iter().filter_map(|call| call.answer.as_ref()) {
        transcript.begin_answer();
        transcript.push(answer.to_value()["content"].as_str().unwrap_or_default());
    }
    transcript.text().to_owned()
}
