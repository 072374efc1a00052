//! The results of one execution: a window on a log that subscribers read at their own pace.

use std::{collections::VecDeque, sync::Arc};

/// Results the window keeps for those who are behind.
const WINDOW: Extent = Extent {
    results: 512,
    bytes: 1024 * 1024,
};

/// How far the producer may be ahead of the foremost subscriber. Half of the window: the other half is for those behind.
const AHEAD: Extent = Extent {
    results: 256,
    bytes: 512 * 1024,
};

/// How much there may be for a late subscriber to read from the start. Half of the window, or it would fall out of it
/// before it has begun.
const REPLAY: Extent = Extent {
    results: 256,
    bytes: 512 * 1024,
};

#[derive(Clone, Copy)]
struct Extent {
    results: u64,
    bytes: u64,
}

impl Extent {
    fn is_within(self, limit: Self) -> bool {
        self.results <= limit.results && self.bytes <= limit.bytes
    }
}

/// Places count from 0; a reader at place `n` has read `n` results.
#[derive(Default)]
pub(super) struct Log {
    window: VecDeque<Entry>,
    /// Results that have left the window, and their bytes.
    gone: u64,
    gone_bytes: u64,
    end: Option<End>,
}

struct Entry {
    payload: Arc<str>,
    /// Where a feed of events stands with it.
    seq: Option<i64>,
    /// Bytes of all results up to this one.
    through: u64,
}

/// How an execution ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    Complete,
    /// With a list of errors in JSON.
    Refused(Arc<str>),
}

/// What a reader finds at its place.
#[derive(Debug)]
pub(super) enum Taken {
    Next {
        payload: Arc<str>,
        seq: Option<i64>,
    },
    End(End),
    /// Nothing yet.
    Nothing,
    /// What the reader needs next has left the window.
    Lost,
}

impl Log {
    /// Adds a result. Nothing leaves the window that the foremost reader has not read.
    pub(super) fn push(&mut self, payload: Arc<str>, seq: Option<i64>, foremost: u64) {
        let through = self.bytes_before(self.end()) + payload.len() as u64;
        self.window.push_back(Entry {
            payload,
            seq,
            through,
        });
        while self.gone < foremost && !self.after(self.gone).is_within(WINDOW) {
            if let Some(entry) = self.window.pop_front() {
                self.gone += 1;
                self.gone_bytes = entry.through;
            }
        }
    }

    /// Ends the log; the first end counts.
    pub(super) fn close(&mut self, end: End) {
        self.end.get_or_insert(end);
    }

    /// The place after the last result.
    pub(super) fn end(&self) -> u64 {
        self.gone + self.window.len() as u64
    }

    /// Whether another result may come.
    pub(super) fn has_room(&self, foremost: u64) -> bool {
        let after = self.after(foremost);
        after.results < AHEAD.results && after.bytes < AHEAD.bytes
    }

    /// Whether a reader may still begin at the first result.
    pub(super) fn is_whole(&self) -> bool {
        self.gone == 0 && self.end.is_none() && self.after(0).is_within(REPLAY)
    }

    pub(super) fn take(&self, place: u64) -> Taken {
        let Some(at) = place.checked_sub(self.gone) else {
            return Taken::Lost;
        };
        match usize::try_from(at).ok().and_then(|at| self.window.get(at)) {
            Some(entry) => Taken::Next {
                payload: Arc::clone(&entry.payload),
                seq: entry.seq,
            },
            None => self.end.clone().map_or(Taken::Nothing, Taken::End),
        }
    }

    fn after(&self, place: u64) -> Extent {
        let end = self.end();
        Extent {
            results: end - place.min(end),
            bytes: self.bytes_before(end) - self.bytes_before(place),
        }
    }

    fn bytes_before(&self, place: u64) -> u64 {
        let before = place
            .checked_sub(self.gone + 1)
            .and_then(|at| self.window.get(usize::try_from(at).ok()?));
        before.map_or(self.gone_bytes, |entry| entry.through)
    }
}
