//! The vectors of long-term memory, searched through FAISS: a cache of the database, one exact index per collection.
//!
//! A collection follows the database by position: [`MemoryIndex::apply`] brings the changes after the position it
//! stands at, and its files can be deleted at any time, for then it stands at 0 and the database fills it again.
//! Vectors have length 1, so the inner product is the cosine. Search is exhaustive, and a filter is applied before
//! ranking. FAISS runs on blocking threads, no more of them than there are cores.
//!
//! To add a kind of index: a type beside `vectors.rs` with its `apply` and `search`, a new
//! format version in `files.rs`, and the oracle test in `tests/it/memory/index.rs` run over it.
//!
//! May use: nothing of ours.

mod collection;
mod cpu;
mod error;
mod ffi;
mod files;
mod registry;
mod vectors;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;
use uuid::Uuid;

use collection::Collection;
pub use cpu::{cpu_is_able, simd};
pub use error::IndexError;
pub use files::FilesError;
use registry::Registry;

/// The largest dimension accepted: far above every embedder, far below what overflows.
pub const MAX_DIMENSION: usize = 65_536;

/// How a [`MemoryIndex`] is built.
#[derive(Clone, Debug)]
pub struct IndexSettings {
    /// Where the files go, one folder per collection; `None` keeps everything in memory.
    pub directory: Option<PathBuf>,
    /// Length of every vector, from 1 to [`MAX_DIMENSION`].
    pub dimension: usize,
    /// The embedder the vectors come from. Files of another one are thrown away.
    pub embedder_id: String,
    /// Collections kept in memory; the least recently used beyond that are saved and closed.
    pub max_open_collections: usize,
    /// A collection is saved after this many changes.
    pub save_after_changes: usize,
}

/// Names a collection: what one search can reach.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CollectionKey {
    pub tenant: String,
    pub user: String,
    pub namespace: String,
}

/// One change of a collection, as the database tells it.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The memory has this vector now, whether or not it had one before.
    Put { id: Uuid, vector: Vec<f32> },
    /// The memory is gone. Unknown ids are fine.
    Remove { id: Uuid },
}

/// One memory found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    pub id: Uuid,
    /// Inner product with the query: the cosine, -1 to 1, for vectors of length 1.
    pub score: f32,
}

/// What a search found and how far it looked.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchOutcome {
    /// Best first; equal scores in the order of their ids.
    pub hits: Vec<Hit>,
    /// Vectors compared with the query.
    pub scanned: usize,
    /// Whether every vector that the filter let through was compared.
    pub exhaustive: bool,
    /// The position of the collection that was searched. One below what the caller applied means that the
    /// collection was closed and lost in between: apply again and search again.
    pub position: i64,
}

/// The handle; clones share everything.
#[derive(Clone)]
pub struct MemoryIndex {
    registry: Arc<Registry>,
    permits: Arc<Semaphore>,
    dimension: usize,
}

impl MemoryIndex {
    /// Checks the settings. Nothing is read or written before a collection is used.
    pub fn new(settings: IndexSettings) -> Result<Self, IndexError> {
        let dimension = settings.dimension;
        if !(1..=MAX_DIMENSION).contains(&dimension) {
            return Err(IndexError::DimensionOutOfRange(dimension));
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            registry: Arc::new(Registry::new(settings)),
            permits: Arc::new(Semaphore::new(cores)),
            dimension,
        })
    }

    /// The position up to which the collection has every change; 0 when nothing is known of it.
    pub async fn applied_position(&self, key: &CollectionKey) -> i64 {
        match self.on_collection(key, Collection::position).await {
            Ok(position) => position,
            Err(error) => {
                tracing::warn!(error = %error, "a memory index could not be opened");
                0
            }
        }
    }

    /// Brings the changes that follow position `after`, in order, up to and including `position`.
    ///
    /// Changes the collection already has are skipped, so repeating a call is harmless and positions never go back.
    /// A collection that stands before `after` refuses with [`IndexError::Gap`], for it would miss what lies
    /// between. All vectors are checked before the first is used. A failure inside FAISS closes
    /// the collection, which then stands where its files stand.
    pub async fn apply(
        &self,
        key: &CollectionKey,
        after: i64,
        changes: Vec<Change>,
        position: i64,
    ) -> Result<(), IndexError> {
        for change in &changes {
            if let Change::Put { vector, .. } = change {
                self.check(vector)?;
            }
        }
        self.on_collection(key, move |collection| collection.apply(after, changes, position))
            .await
    }

    /// The `k` nearest memories, or all there are if fewer; with `allowed`, among those ids only.
    pub async fn search(
        &self,
        key: &CollectionKey,
        query: Vec<f32>,
        k: usize,
        allowed: Option<Vec<Uuid>>,
    ) -> Result<SearchOutcome, IndexError> {
        self.check(&query)?;
        self.on_collection(key, move |collection| {
            collection.search(&query, k, allowed.as_deref())
        })
        .await
    }

    /// Forgets the collection and its files: it stands at 0 afterwards.
    pub async fn reset(&self, key: &CollectionKey) -> Result<(), IndexError> {
        self.on_collection(key, Collection::reset).await
    }

    /// Saves every open collection that changed. Tries them all, and answers the first error.
    pub async fn save_all(&self) -> Result<(), IndexError> {
        let registry = Arc::clone(&self.registry);
        self.blocking(move || {
            registry
                .open_collections()
                .iter()
                .map(|open| open.save())
                .fold(Ok(()), Result::and)
        })
        .await
    }

    /// Refuses what must not reach FAISS: a wrong length, NaN, infinity, and lengths that overflow `f32`.
    /// By Cauchy-Schwarz no inner product of two accepted vectors overflows.
    fn check(&self, vector: &[f32]) -> Result<(), IndexError> {
        if vector.len() != self.dimension {
            return Err(IndexError::WrongDimension {
                expected: self.dimension,
                found: vector.len(),
            });
        }
        let square: f64 = vector.iter().map(|&part| f64::from(part) * f64::from(part)).sum();
        // Half the range leaves room for the rounding of the sum.
        if square <= f64::from(f32::MAX) / 2.0 {
            Ok(())
        } else {
            Err(IndexError::NotFinite)
        }
    }

    async fn on_collection<T: Send + 'static>(
        &self,
        key: &CollectionKey,
        work: impl FnOnce(&Collection) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        let (registry, key) = (Arc::clone(&self.registry), key.clone());
        self.blocking(move || {
            let collection = registry.collection(&key);
            let answer = work(&collection);
            drop(collection);
            registry.evict();
            answer
        })
        .await
    }

    /// Runs on a blocking thread. The permit travels with the job, which goes on when its caller is dropped.
    async fn blocking<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await?;
        tokio::task::spawn_blocking(move || {
            let answer = job();
            drop(permit);
            answer
        })
        .await?
    }
}
