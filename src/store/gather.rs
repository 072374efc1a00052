//! Writes that wait for each other's commit go together: what arrives while one is under way shares the next.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, oneshot};

/// Items, and where their answers go.
type Waiting<T, R> = Vec<(T, oneshot::Sender<R>)>;

/// A place where items of one kind gather. Cheap to clone.
pub(super) struct Gathering<T, R> {
    waiting: Arc<Mutex<Waiting<T, R>>>,
    /// Batches under way at once.
    turns: Arc<Semaphore>,
}

impl<T, R> Clone for Gathering<T, R> {
    fn clone(&self) -> Self {
        Self {
            waiting: Arc::clone(&self.waiting),
            turns: Arc::clone(&self.turns),
        }
    }
}

impl<T: Send + 'static, R: Send + 'static> Gathering<T, R> {
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            waiting: Arc::default(),
            turns: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// Has `write` called with this item and whatever else has gathered; it answers each item in its place. Returns this
    /// item's answer; None if it came to none. A batch that began is finished even if the caller goes away.
    pub(super) async fn write<F>(
        &self,
        item: T,
        most: usize,
        write: impl FnOnce(Vec<T>) -> F + Send,
    ) -> Option<R>
    where
        F: Future<Output = Vec<R>> + Send + 'static,
    {
        let (sender, mut answer) = oneshot::channel();
        self.lock().push((item, sender));
        let turn = Arc::clone(&self.turns).acquire_owned();
        // Whoever has the turn may have taken the item along.
        let turn = tokio::select! {
            biased;
            answer = &mut answer => return answer.ok(),
            turn = turn => turn.ok()?,
        };
        let batch: Vec<_> = {
            let mut waiting = self.lock();
            // A caller that went away before its turn wants nothing written.
            waiting.retain(|(_, sender)| !sender.is_closed());
            let end = most.min(waiting.len());
            waiting.drain(..end).collect()
        };
        if batch.is_empty() {
            drop(turn);
            return answer.await.ok();
        }
        let (items, senders): (Vec<T>, Vec<_>) = batch.into_iter().unzip();
        let written = write(items);
        tokio::spawn(async move {
            for (sender, answer) in senders.into_iter().zip(written.await) {
                // A caller that went away needs no answer.
                let _ = sender.send(answer);
            }
            drop(turn);
        });
        answer.await.ok()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T, R>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
