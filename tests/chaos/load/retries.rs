//! Who was told to try again: a watcher whose task has ended learns that it goes on.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often each task was tried again, and whether any will be. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Retries {
    tasks: Arc<Mutex<HashMap<String, watch::Sender<u32>>>>,
    over: CancellationToken,
}

/// What a watcher of one task learns.
#[derive(Clone, Debug)]
pub struct Ends {
    times: watch::Receiver<u32>,
    over: CancellationToken,
}

impl Retries {
    /// For a watcher of a task.
    pub fn of(&self, task: &str) -> Ends {
        let mut tasks = self.tasks.lock().unwrap();
        Ends {
            times: tasks.entry(task.to_owned()).or_default().subscribe(),
            over: self.over.clone(),
        }
    }

    pub fn times(&self, task: &str) -> u32 {
        self.tasks
            .lock()
            .unwrap()
            .get(task)
            .map_or(0, |times| *times.borrow())
    }

    pub(super) fn count(&self, task: &str) {
        let mut tasks = self.tasks.lock().unwrap();
        tasks
            .entry(task.to_owned())
            .or_default()
            .send_modify(|times| *times += 1);
    }

    /// From here on every end is the last.
    pub fn are_over(&self) {
        self.over.cancel();
    }
}

impl Ends {
    /// Called before a look at the task: a retry from here on is after it.
    pub fn look(&mut self) {
        self.times.mark_unchanged();
    }

    /// Waits until the task was tried again since the last look; false once none will be.
    pub async fn was_not_the_last(&mut self) -> bool {
        tokio::select! {
            biased;
            changed = self.times.changed() => changed.is_ok(),
            () = self.over.cancelled() => false,
        }
    }

    /// Whether none will be tried again.
    pub fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }
}
