//! The open collections, and which of them to close.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::collection::Collection;
use super::files::Files;
use super::{CollectionKey, IndexSettings};

pub(super) struct Registry {
    settings: IndexSettings,
    dimension: u32,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    collections: HashMap<CollectionKey, Entry>,
    /// Counts uses: the order in which collections were last used.
    uses: u64,
}

struct Entry {
    collection: Arc<Collection>,
    last_use: u64,
}

impl Registry {
    pub(super) fn new(settings: IndexSettings) -> Self {
        let dimension = u32::try_from(settings.dimension).unwrap_or(u32::MAX);
        Self {
            settings,
            dimension,
            open: Mutex::default(),
        }
    }

    /// The one value that stands for this collection.
    pub(super) fn collection(&self, key: &CollectionKey) -> Arc<Collection> {
        let mut open = self.lock();
        open.uses += 1;
        let last_use = open.uses;
        if let Some(entry) = open.collections.get_mut(key) {
            entry.last_use = last_use;
            return Arc::clone(&entry.collection);
        }
        let collection = Arc::new(self.new_collection(key));
        open.collections.insert(
            key.clone(),
            Entry {
                collection: Arc::clone(&collection),
                last_use,
            },
        );
        collection
    }

    pub(super) fn open_collections(&self) -> Vec<Arc<Collection>> {
        self.lock()
            .collections
            .values()
            .map(|entry| Arc::clone(&entry.collection))
            .collect()
    }

    /// Closes the least recently used collections beyond the bound, leaving out those in use.
    ///
    /// An entry goes only after its collection is closed and nobody else holds it, so two values never stand for
    /// the same files.
    pub(super) fn evict(&self) {
        for (key, collection) in self.idle_beyond_bound() {
            collection.close();
            let mut open = self.lock();
            // Two: the entry and ours. New holders come only through the lock.
            if Arc::strong_count(&collection) == 2 {
                open.collections.remove(&key);
            }
        }
    }

    fn idle_beyond_bound(&self) -> Vec<(CollectionKey, Arc<Collection>)> {
        let open = self.lock();
        let excess = open
            .collections
            .len()
            .saturating_sub(self.settings.max_open_collections);
        if excess == 0 {
            return Vec::new();
        }
        let mut idle: Vec<_> = open
            .collections
            .iter()
            .filter(|(_, entry)| Arc::strong_count(&entry.collection) == 1)
            .collect();
        idle.sort_unstable_by_key(|(_, entry)| entry.last_use);
        idle.into_iter()
            .take(excess)
            .map(|(key, entry)| (key.clone(), Arc::clone(&entry.collection)))
            .collect()
    }

    fn new_collection(&self, key: &CollectionKey) -> Collection {
        let name = folder_name(key);
        let files = self.settings.directory.as_ref().map(|directory| {
            Files::new(
                directory.join(&name),
                name.clone(),
                self.settings.embedder_id.clone(),
                self.dimension,
            )
        });
        Collection::new(name, files, self.dimension, self.settings.save_after_changes)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SHA-256 of the parts of the key, each after its length, in hex: no text of users in paths.
fn folder_name(key: &CollectionKey) -> String {
    let mut hasher = Sha256::new();
    for part in [&key.tenant, &key.user, &key.namespace] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
