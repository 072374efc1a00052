//! `[planner]`: who makes plans.

use serde::{Deserialize, Serialize};

use super::{
    error::{Invalid, within},
    models::ModelName,
    values::optional,
};

pub(super) const VARIABLES: &[(&str, &str)] = &[("ORCHESTRATOR_PLANNER_MODEL", "planner.model")];

/// The planner and its limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlannerConfig {
    /// Model that plans, as `PROVIDER/MODEL`; `offline/offline-1`: plans are made by rules. Not set: the default model
    /// of `[models]`. Read from `ORCHESTRATOR_PLANNER_MODEL`.
    #[serde(deserialize_with = "optional")]
    pub model: Option<ModelName>,
    /// Longest plan a model may write, in tokens. Default 8192.
    pub max_output_tokens: u32,
}

impl Default for PlannerConfig {
    fn default() -> Self {
        Self {
            model: None,
            max_output_tokens: 8_192,
        }
    }
}

impl PlannerConfig {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        within("planner.max_output_tokens", self.max_output_tokens, 256..=200_000)
    }
}
