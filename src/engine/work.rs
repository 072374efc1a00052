//! The port between a worker and what it works at: the worker holds a step, the work carries it out.

use async_trait::async_trait;

pub use super::error::StepError;
use crate::store::steps::{Claim, Ending};

/// What is done with a held step.
#[async_trait]
pub trait Work: Send + Sync {
    /// Carries the step out. Dropped when the step must stop. What it returns is not stored yet: the worker does that,
    /// in one transaction with what else arrives.
    async fn carry_out(&self, claim: &Claim) -> Result<Ending, StepError>;
}
