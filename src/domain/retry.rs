//! How long to wait before another attempt.

use std::time::Duration;

/// Exponential back-off, bounded, with equal jitter: half of each wait is fixed, the other half is chance
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The bound of the first wait.
    pub base: Duration,
    /// The bound of every wait.
    pub max: Duration,
}

impl Backoff {
    /// The wait after the `failures`th failure (1 for the first). `chance` is uniform in 0..1.
    pub fn delay(&self, failures: u32, chance: f64) -> Duration {
        let doubled = self
            .base
            .saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        doubled.min(self.max).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }
}
