//! Steps: claiming, keeping and ending them. Every write of a worker is conditional on the epoch of its claim.

mod advance;
mod cancel;
mod claim;
mod draft;
mod fail;
mod finish;
mod free;
mod heartbeat;
mod hold;
mod read;
mod reasons;
mod release;
mod rescue;
mod settle;
mod wait;

pub(in crate::store) use advance::is_active;
pub(super) use cancel::unknown_fate;
pub use claim::{Claim, ClaimRequest, Claimed};
pub use fail::{Failure, FailureOutcome};
pub(in crate::store) use free::HandOff;
pub use heartbeat::Pulse;
pub use read::Outputs;
pub use settle::{Ending, Settled, Settlement, StepResult, Verdict};
