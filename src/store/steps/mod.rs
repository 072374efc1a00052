//! Steps: claiming, keeping and ending them. Every write of a worker is conditional on the epoch of its claim.

mod cancel;
mod claim;
mod complete;
mod fail;
mod finish;
mod heartbeat;
mod hold;
mod read;
mod release;
mod rescue;
mod wait;

pub use claim::Claim;
pub use complete::StepResult;
pub use fail::{Failure, FailureOutcome};
pub use heartbeat::Pulse;
pub use read::Outputs;
