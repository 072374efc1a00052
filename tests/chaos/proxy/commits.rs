//! Where around a commit something happens, and when.

use std::sync::Arc;

/// A moment around a commit, as the process that commits sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CommitPoint {
    /// It has sent its COMMIT, which never arrives.
    Before,
    /// The database has committed, and nobody is told.
    Unanswered,
    /// The answer has been passed on.
    After,
}

impl CommitPoint {
    pub const ALL: [Self; 3] = [Self::Before, Self::Unanswered, Self::After];

    pub fn name(self) -> &'static str {
        match self {
            Self::Before => "before a commit was forwarded",
            Self::Unanswered => "after a commit, before its answer",
            Self::After => "after the answer to a commit",
        }
    }
}

/// Springs once, at the `after`th commit from now. The connection is cut with it, but for [`CommitPoint::After`].
#[derive(Clone)]
pub struct CommitTrap {
    /// Commits that still pass.
    pub after: u32,
    pub point: CommitPoint,
    /// What happens besides: a process is killed, or nothing.
    pub action: Arc<dyn Fn() + Send + Sync>,
}

impl super::Gate {
    /// Tells of a commit that is about to be forwarded; answers the trap if this is the one.
    pub(super) fn commit(&self) -> Option<CommitTrap> {
        let mut trap = self.trap.lock().unwrap();
        let armed = trap.as_mut()?;
        if armed.after == 0 {
            return trap.take();
        }
        armed.after -= 1;
        None
    }
}
