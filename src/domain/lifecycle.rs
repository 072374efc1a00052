//! What may follow what in the life of a task, a step and a call. An illegal move is an error, never a silent no-op.

use entity::enums::{CallStatus, StepStatus, TaskStatus};

/// A move that the lifecycle does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {what} that is {from} cannot become {to}")]
pub struct IllegalTransition {
    pub what: &'static str,
    pub from: &'static str,
    pub to: &'static str,
}

/// A status that knows what may come after it.
pub trait Lifecycle: Copy + PartialEq {
    /// What has this status, for messages.
    const WHAT: &'static str;
    /// The status as text.
    fn text(self) -> &'static str;
    /// Whether `to` may come directly after this.
    fn allows(self, to: Self) -> bool;
    /// Whether nothing comes after it.
    fn is_final(self) -> bool;

    /// The new status, if the move is legal.
    fn to(self, to: Self) -> Result<Self, IllegalTransition> {
        if self.allows(to) {
            Ok(to)
        } else {
            Err(IllegalTransition {
                what: Self::WHAT,
                from: self.text(),
                to: to.text(),
            })
        }
    }
}

impl Lifecycle for TaskStatus {
    const WHAT: &'static str = "task";

    fn text(self) -> &'static str {
        self.as_str()
    }

    /// A failed or cancelled task goes back to work only by `retryTask`.
    fn allows(self, to: Self) -> bool {
        use TaskStatus::{Cancelled, Completed, Failed, Pending, Running, Waiting};
        matches!(
            (self, to),
            (Pending, Running | Cancelled | Failed)
                | (Running, Waiting | Completed | Failed | Cancelled)
                | (Waiting, Running | Failed | Cancelled)
                | (Failed | Cancelled, Running)
        )
    }

    fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl Lifecycle for StepStatus {
    const WHAT: &'static str = "step";

    fn text(self) -> &'static str {
        self.as_str()
    }

    /// Running goes back to ready when a worker gives the step up, lost it, or is to try again.
    fn allows(self, to: Self) -> bool {
        use StepStatus::{Cancelled, Completed, Failed, Pending, Ready, Running, Skipped, Waiting};
        matches!(
            (self, to),
            (Pending, Ready | Skipped | Cancelled)
                | (Ready, Running | Skipped | Cancelled)
                | (Running, Ready | Waiting | Completed | Failed | Cancelled)
                | (Waiting, Ready | Failed | Cancelled | Skipped)
                | (Failed | Cancelled | Skipped, Pending | Ready)
        )
    }

    fn is_final(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Cancelled | Self::Skipped
        )
    }
}

impl Lifecycle for CallStatus {
    const WHAT: &'static str = "call";

    fn text(self) -> &'static str {
        self.as_str()
    }

    /// A reserved call that is refused fails without ever being sent. An unknown one that is to be sent again waits,
    /// reserved, for the next attempt of its step.
    fn allows(self, to: Self) -> bool {
        use CallStatus::{Dispatched, Failed, Reserved, Succeeded, Unknown};
        matches!(
            (self, to),
            (Reserved, Dispatched | Failed)
                | (Dispatched, Succeeded | Failed | Unknown)
                | (Unknown, Succeeded | Failed | Reserved)
        )
    }

    fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}
