//! The vectors of one collection in memory: a flat FAISS index and the ids of its rows.
//!
//! FAISS numbers rows 0, 1, 2, … and closes the gaps when rows are removed, keeping the order
//! (`IndexFlatCodes::remove_ids`). `ids` mirrors that row by row, so a filter is one bit per row and FAISS keeps no
//! second copy of the mapping.

use std::collections::{BTreeMap, HashMap};

use faiss::index::ConcurrentIndex;
use faiss::selector::IdSelector;
use faiss::{FlatIndex, Index};
use uuid::Uuid;

use super::{Change, Hit, IndexError, SearchOutcome, ffi};

/// How much wider the next look is when equal scores go on past the last one.
const WIDEN: usize = 4;

pub(super) struct Vectors {
    index: FlatIndex,
    /// The id of each row.
    ids: Vec<Uuid>,
    /// The row of each id.
    rows: HashMap<Uuid, usize>,
    position: i64,
}

impl Vectors {
    pub(super) fn empty(dimension: u32) -> Result<Self, IndexError> {
        Self::new(FlatIndex::new_ip(dimension)?, Vec::new(), 0)
    }

    /// Refuses ids that are not one per row or not unique.
    pub(super) fn new(index: FlatIndex, ids: Vec<Uuid>, position: i64) -> Result<Self, IndexError> {
        let rows = rows_of(&ids);
        let vectors = Self {
            index,
            ids,
            rows,
            position,
        };
        vectors
            .agrees()
            .then_some(vectors)
            .ok_or(IndexError::Inconsistent)
    }

    pub(super) fn index(&self) -> &FlatIndex {
        &self.index
    }

    pub(super) fn ids(&self) -> &[Uuid] {
        &self.ids
    }

    pub(super) fn position(&self) -> i64 {
        self.position
    }

    /// Makes the changes, whose vectors were checked. After an error the value must not be used.
    pub(super) fn apply(&mut self, changes: Vec<Change>, position: i64) -> Result<(), IndexError> {
        let mut last: BTreeMap<Uuid, Option<Vec<f32>>> = BTreeMap::new();
        for change in changes {
            match change {
                Change::Put { id, vector } => last.insert(id, Some(vector)),
                Change::Remove { id } => last.insert(id, None),
            };
        }
        self.remove(last.keys())?;
        let mut added = Vec::new();
        for (id, vector) in last {
            let Some(vector) = vector else { continue };
            self.rows.insert(id, self.ids.len());
            self.ids.push(id);
            added.extend(vector);
        }
        if !added.is_empty() {
            self.index.add(&added)?;
        }
        self.position = position;
        if self.agrees() {
            Ok(())
        } else {
            Err(IndexError::Inconsistent)
        }
    }

    /// Takes the rows of the ids out, in one pass over the index.
    fn remove<'a>(&mut self, ids: impl Iterator<Item = &'a Uuid>) -> Result<(), IndexError> {
        let gone = Bitmap::of(self.ids.len(), ids.filter_map(|id| self.rows.get(id).copied()));
        if gone.set == 0 {
            return Ok(());
        }
        let removed = self.index.remove_ids(&IdSelector::bitmap(&gone.bytes)?)?;
        if removed != gone.set {
            return Err(IndexError::Inconsistent);
        }
        let mut row = 0;
        self.ids.retain(|_| {
            row += 1;
            !gone.has(row - 1)
        });
        self.rows = rows_of(&self.ids);
        Ok(())
    }

    /// See [`super::MemoryIndex::search`].
    pub(super) fn search(
        &self,
        query: &[f32],
        k: usize,
        allowed: Option<&[Uuid]>,
    ) -> Result<SearchOutcome, IndexError> {
        let filter = allowed.map(|ids| {
            Bitmap::of(
                self.ids.len(),
                ids.iter().filter_map(|id| self.rows.get(id).copied()),
            )
        });
        let candidates = filter.as_ref().map_or(self.ids.len(), |filter| filter.set);
        let wanted = k.min(candidates);
        if wanted == 0 {
            return Ok(SearchOutcome {
                hits: Vec::new(),
                scanned: 0,
                exhaustive: true,
                position: self.position,
            });
        }
        // FAISS keeps any of the equal scores at the end of its list. Looking one further shows whether the last
        // score goes on, and looking wider until it does not makes the choice among them ours.
        let mut width = wanted.saturating_add(1).min(candidates);
        let mut hits = loop {
            let hits = self.nearest(query, width, filter.as_ref())?;
            if width == candidates || hits[width - 1].score < hits[wanted - 1].score {
                break hits;
            }
            width = width.saturating_mul(WIDEN).min(candidates);
        };
        hits.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.id.cmp(&other.id)));
        hits.truncate(wanted);
        Ok(SearchOutcome {
            hits,
            scanned: candidates,
            exhaustive: true,
            position: self.position,
        })
    }

    /// Exactly `count` hits, best first.
    fn nearest(&self, query: &[f32], count: usize, filter: Option<&Bitmap>) -> Result<Vec<Hit>, IndexError> {
        let found = match filter {
            Some(filter) => ffi::search_among(&self.index, query, count, &filter.bytes)?,
            None => ConcurrentIndex::search(&self.index, query, count)?,
        };
        let hits: Vec<Hit> = found
            .labels
            .iter()
            .zip(&found.distances)
            .filter_map(|(label, &score)| {
                let row = usize::try_from(label.get()?).ok()?;
                // Adding zero turns -0.0 into 0.0: equal scores must compare equal.
                Some(Hit {
                    id: *self.ids.get(row)?,
                    score: score + 0.0,
                })
            })
            .collect();
        if hits.len() == count {
            Ok(hits)
        } else {
            Err(IndexError::Inconsistent)
        }
    }

    fn agrees(&self) -> bool {
        self.rows.len() == self.ids.len() && usize::try_from(self.index.ntotal()) == Ok(self.ids.len())
    }
}

fn rows_of(ids: &[Uuid]) -> HashMap<Uuid, usize> {
    ids.iter().enumerate().map(|(row, &id)| (id, row)).collect()
}

/// A set of rows, in the layout of FAISS's `IDSelectorBitmap`.
struct Bitmap {
    bytes: Vec<u8>,
    set: usize,
}

impl Bitmap {
    fn of(rows: usize, members: impl Iterator<Item = usize>) -> Self {
        let mut bitmap = Self {
            bytes: vec![0; rows.div_ceil(8)],
            set: 0,
        };
        for row in members {
            if !bitmap.has(row) {
                bitmap.bytes[row / 8] |= 1 << (row % 8);
                bitmap.set += 1;
            }
        }
        bitmap
    }

    fn has(&self, row: usize) -> bool {
        self.bytes[row / 8] & (1 << (row % 8)) != 0
    }
}
