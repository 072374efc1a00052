//! One collection: its vectors behind a lock, when they are read from files and when they are saved.
//!
//! Searches share the lock; changes have it alone, and hand it back for the time of a save, so searches go on.
//! Order of locks: `vectors`, then `saved`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use uuid::Uuid;

use super::files::{Files, FilesError};
use super::vectors::Vectors;
use super::{Change, IndexError, SearchOutcome};

pub(super) struct Collection {
    name: String,
    files: Option<Files>,
    dimension: u32,
    save_after_changes: usize,
    /// `None` while closed. Whoever changes them takes them out first, so a change that fails or panics half
    /// way leaves a closed collection and never a torn one; that is why poisoning can be ignored.
    vectors: RwLock<Option<Vectors>>,
    /// Changes since the last try to save.
    unsaved: AtomicUsize,
    saved: Mutex<Saved>,
}

/// What is known of the files.
#[derive(Default)]
struct Saved {
    /// The position they hold; 0 for none.
    position: i64,
    /// The last try failed, which was logged: the next failure is not news.
    failing: bool,
}

impl Collection {
    /// `name` is the name of its folder and stands for it in the log.
    pub(super) fn new(name: String, files: Option<Files>, dimension: u32, save_after_changes: usize) -> Self {
        Self {
            name,
            files,
            dimension,
            save_after_changes,
            vectors: RwLock::new(None),
            unsaved: AtomicUsize::new(0),
            saved: Mutex::new(Saved::default()),
        }
    }

    pub(super) fn position(&self) -> Result<i64, IndexError> {
        self.read(|vectors| Ok(vectors.position()))
    }

    pub(super) fn search(
        &self,
        query: &[f32],
        k: usize,
        allowed: Option<&[Uuid]>,
    ) -> Result<SearchOutcome, IndexError> {
        self.read(|vectors| vectors.search(query, k, allowed))
    }

    pub(super) fn apply(&self, after: i64, changes: Vec<Change>, position: i64) -> Result<(), IndexError> {
        let mut guard = self.write_lock();
        let mut vectors = match guard.take() {
            Some(vectors) => vectors,
            None => self.load()?,
        };
        let applied = vectors.position();
        if applied < after {
            *guard = Some(vectors);
            return Err(IndexError::Gap { after, applied });
        }
        if position <= applied {
            *guard = Some(vectors);
            return Ok(());
        }
        let count = changes.len();
        vectors.apply(changes, position)?;
        *guard = Some(vectors);
        let unsaved = self.unsaved.fetch_add(count, Ordering::Relaxed) + count;
        if unsaved >= self.save_after_changes
            && let Some(vectors) = RwLockWriteGuard::downgrade(guard).as_ref()
        {
            // The changes are made whether or not they could be saved, and a failure was logged.
            let _ = self.store(vectors);
        }
        Ok(())
    }

    pub(super) fn reset(&self) -> Result<(), IndexError> {
        let mut guard = self.write_lock();
        let forgotten = self.files.as_ref().map_or(Ok(()), Files::forget);
        self.saved_lock().position = 0;
        self.unsaved.store(0, Ordering::Relaxed);
        *guard = Some(Vectors::empty(self.dimension)?);
        forgotten.map_err(|source| self.files_error(source))
    }

    /// Saves what the files do not have yet.
    pub(super) fn save(&self) -> Result<(), IndexError> {
        self.read_lock()
            .as_ref()
            .map_or(Ok(()), |vectors| self.store(vectors))
    }

    /// Saves and frees the memory. What cannot be saved is dropped: the database has it.
    pub(super) fn close(&self) {
        let mut guard = self.write_lock();
        if let Some(vectors) = guard.take() {
            let _ = self.store(&vectors);
        }
    }

    fn read<T>(&self, look: impl FnOnce(&Vectors) -> Result<T, IndexError>) -> Result<T, IndexError> {
        let mut guard = self.read_lock();
        if guard.is_none() {
            drop(guard);
            let mut writing = self.write_lock();
            if writing.is_none() {
                *writing = Some(self.load()?);
            }
            guard = RwLockWriteGuard::downgrade(writing);
        }
        guard.as_ref().map_or(Err(IndexError::Inconsistent), look)
    }

    /// The vectors as the files have them, or none at position 0.
    fn load(&self) -> Result<Vectors, IndexError> {
        let vectors = match self.files.as_ref().and_then(Files::read) {
            Some(vectors) => vectors,
            None => Vectors::empty(self.dimension)?,
        };
        self.saved_lock().position = vectors.position();
        self.unsaved.store(0, Ordering::Relaxed);
        Ok(vectors)
    }

    fn store(&self, vectors: &Vectors) -> Result<(), IndexError> {
        let Some(files) = &self.files else { return Ok(()) };
        let mut saved = self.saved_lock();
        if saved.position == vectors.position() {
            return Ok(());
        }
        self.unsaved.store(0, Ordering::Relaxed);
        match files.write(vectors) {
            Ok(()) => {
                *saved = Saved {
                    position: vectors.position(),
                    failing: false,
                };
                Ok(())
            }
            Err(error) => {
                if !saved.failing {
                    tracing::warn!(collection = self.name, error = %error, "a memory index could not be saved");
                }
                // What the files hold after a failure is for the next `load` to find out.
                *saved = Saved {
                    position: 0,
                    failing: true,
                };
                Err(self.files_error(error))
            }
        }
    }

    fn files_error(&self, source: FilesError) -> IndexError {
        IndexError::Files {
            collection: self.name.clone(),
            source,
        }
    }

    fn read_lock(&self) -> RwLockReadGuard<'_, Option<Vectors>> {
        self.vectors.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_lock(&self) -> RwLockWriteGuard<'_, Option<Vectors>> {
        self.vectors.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn saved_lock(&self) -> MutexGuard<'_, Saved> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
