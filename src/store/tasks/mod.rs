//! Tasks: submitting, reading, cancelling, retrying, and raising a budget.

mod budget;
mod cancel;
mod insert;
mod read;
mod retry;
mod submit;

pub(in crate::store) use read::scoped;

pub use budget::RaiseOutcome;
pub use cancel::CancelOutcome;
pub use read::TaskFilter;
pub use retry::RetryOutcome;
pub use submit::{NewTask, Submitted};
