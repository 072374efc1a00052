//! `[log]`: what is logged, and how.

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use super::error::Invalid;

pub(super) const VARIABLES: &[(&str, &str)] = &[
    ("ORCHESTRATOR_LOG_FORMAT", "log.format"),
    ("RUST_LOG", "log.filter"),
];

/// Form and amount of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `text` or `json`, a line per entry. Default `text`. Read from `ORCHESTRATOR_LOG_FORMAT`.
    pub format: LogFormat,
    /// A level, or levels per module such as `info,agent_orchestrator::engine=debug`. Default `info`.
    /// Read from `RUST_LOG`.
    pub filter: String,
}

/// How an entry is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            filter: "info".to_owned(),
        }
    }
}

impl LogConfig {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        match EnvFilter::builder().parse(&self.filter) {
            Ok(_) => Ok(()),
            Err(_) => Err(Invalid::new(
                "log.filter",
                "a level (error, warn, info, debug, trace) or a list such as \"info,agent_orchestrator=debug\"",
            )),
        }
    }
}
