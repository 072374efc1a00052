//! Places for running steps. Beside the common ones a worker keeps a few spare ones for owners it runs nothing for, so
//! that whoever fills it with long steps does not keep the others waiting.

use std::sync::Arc;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// All places of a worker.
#[derive(Clone)]
pub(super) struct Slots {
    common: Arc<Semaphore>,
    spare: Arc<Semaphore>,
    freed: Arc<Notify>,
}

/// One place. Free again when dropped.
pub(super) struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    is_spare: bool,
    /// Whether a step ran in it. A place that was only held while the queue was looked into frees nothing.
    is_occupied: bool,
    freed: Arc<Notify>,
}

impl Slots {
    /// `common` places for everyone, and a quarter of them more as spare ones.
    pub(super) fn new(common: usize) -> Self {
        Self {
            common: Arc::new(Semaphore::new(common)),
            spare: Arc::new(Semaphore::new((common / 4).max(2))),
            freed: Arc::new(Notify::new()),
        }
    }

    /// Up to `most` common places.
    pub(super) fn take(&self, most: usize) -> Vec<Slot> {
        self.take_from(&self.common, most, false)
    }

    /// Up to `most` spare places.
    pub(super) fn take_spare(&self, most: usize) -> Vec<Slot> {
        self.take_from(&self.spare, most, true)
    }

    fn take_from(&self, places: &Arc<Semaphore>, most: usize, is_spare: bool) -> Vec<Slot> {
        let permits = std::iter::from_fn(|| Arc::clone(places).try_acquire_owned().ok());
        permits
            .take(most)
            .map(|permit| Slot {
                permit: Some(permit),
                is_spare,
                is_occupied: false,
                freed: Arc::clone(&self.freed),
            })
            .collect()
    }

    /// Waits until a place may have become free.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }
}

impl Slot {
    /// Gives the place to a step.
    pub(super) fn occupy(&mut self) {
        self.is_occupied = true;
    }

    /// Whether it is not for everyone.
    pub(super) fn is_spare(&self) -> bool {
        self.is_spare
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.permit = None;
        if self.is_occupied {
            self.freed.notify_one();
        }
    }
}
