//! Counts of what happened in a run, by name. Shared by everything that takes part.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// Counts by name, such as `fault: redis killed`. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<BTreeMap<String, u64>>>);

impl Tally {
    pub fn count(&self, what: impl Into<String>) {
        self.add(what, 1);
    }

    pub fn add(&self, what: impl Into<String>, by: u64) {
        *self.0.lock().unwrap().entry(what.into()).or_default() += by;
    }

    /// Everything counted, by name.
    pub fn all(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap().clone()
    }
}
