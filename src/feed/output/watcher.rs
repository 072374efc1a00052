//! One watcher's way through a step's output, at its own pace.

use std::sync::Arc;

use futures_util::Stream;

use super::{
    view::{OutputPiece, Place},
    watched::Watched,
};

/// Where a watcher begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputStart {
    /// UTF-16 code units it has already.
    pub after: usize,
    /// The attempt they are of. If it is not the latest, it begins at the start; None: taken to be the latest.
    pub attempt: Option<i64>,
}

/// What comes after `start`, to the last piece.
pub(super) fn pieces(
    watched: Arc<Watched>,
    start: OutputStart,
) -> impl Stream<Item = OutputPiece> + Send + use<> {
    async_stream::stream! {
        let mut place = Place::after(start.after, start.attempt);
        let mut changes = watched.changes();
        loop {
            changes.mark_unchanged();
            while let Some(piece) = watched.next(&mut place) {
                let is_final = piece.is_final;
                yield piece;
                if is_final {
                    return;
                }
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}
