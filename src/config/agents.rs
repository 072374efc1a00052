//! `[agents]`: who can be given steps.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::values::optional;

pub(super) const VARIABLES: &[(&str, &str)] = &[("ORCHESTRATOR_AGENTS_FILE", "agents.file")];

/// Where agents are described.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentsConfig {
    /// A TOML file of agents. Not set: the built-in ones. Read from `ORCHESTRATOR_AGENTS_FILE`.
    #[serde(deserialize_with = "optional")]
    pub file: Option<PathBuf>,
}
