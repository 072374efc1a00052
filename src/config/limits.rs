//! `[limits]`: how often one user may do what costs something.
//!
//! To add a limit: a field here, a line in `LimitsConfig::check`, and the call in the service it protects.

use serde::{Deserialize, Serialize};

use super::error::{Invalid, within};

/// Rates per user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Whether rates are limited at all. Default `true`.
    pub enabled: bool,
    /// `[limits.submit_task]`. Default 60 a minute, 20 at once.
    pub submit_task: Rate,
    /// `[limits.search_memory]`. Default 120 a minute, 40 at once.
    pub search_memory: Rate,
}

/// A steady rate, and how much of it may be used at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Requests per minute in the long run, 1 to 1000000.
    pub per_minute: u32,
    /// Requests at once after a pause, 1 to 1000000.
    pub burst: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            submit_task: Rate {
                per_minute: 60,
                burst: 20,
            },
            search_memory: Rate {
                per_minute: 120,
                burst: 40,
            },
        }
    }
}

impl LimitsConfig {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        let range = 1..=1_000_000;
        within(
            "limits.submit_task.per_minute",
            self.submit_task.per_minute,
            range.clone(),
        )?;
        within("limits.submit_task.burst", self.submit_task.burst, range.clone())?;
        within(
            "limits.search_memory.per_minute",
            self.search_memory.per_minute,
            range.clone(),
        )?;
        within("limits.search_memory.burst", self.search_memory.burst, range)
    }
}
