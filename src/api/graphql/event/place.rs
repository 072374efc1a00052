//! Where a feed under way has come, for the transport that carries it: if it has to end the feed, it can say from where
//! to go on.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Where no feed is, or one that has sent nothing yet.
const NOWHERE: i64 = -1;

/// The number of the last event of a feed that was executed; shared by the feed and its transport. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FeedPlace {
    seq: Arc<AtomicI64>,
    is_lagging: bool,
}

impl Default for FeedPlace {
    fn default() -> Self {
        Self {
            seq: Arc::new(AtomicI64::new(NOWHERE)),
            is_lagging: false,
        }
    }
}

impl FeedPlace {
    /// Of a feed that is executed only to say `Lagged` at this place.
    pub fn lagging(seq: i64) -> Self {
        Self {
            seq: Arc::new(AtomicI64::new(seq)),
            is_lagging: true,
        }
    }

    /// The last event; None where no feed of events is executed, or it has not begun.
    pub fn seq(&self) -> Option<i64> {
        Some(self.seq.load(Ordering::Relaxed)).filter(|seq| *seq >= 0)
    }

    /// Where the feed has lagged, if it is executed to say so.
    pub(in crate::api::graphql) fn lagged(&self) -> Option<i64> {
        self.seq().filter(|_| self.is_lagging)
    }

    pub(in crate::api::graphql) fn reach(&self, seq: i64) {
        self.seq.store(seq, Ordering::Relaxed);
    }
}
