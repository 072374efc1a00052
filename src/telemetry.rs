//! What is logged, and how. No prompts and no secrets at any level that is on by default.
//!
//! May use: nothing of ours.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, prelude::*, util::TryInitError};

/// The shape of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogShape {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Starts logging to standard error. Once per process.
pub fn start(shape: LogShape, filter: &str) -> Result<(), TryInitError> {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours are for eyes, not for files.
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(filter);
    match shape {
        LogShape::Text => registry.with(lines.with_target(false)).try_init(),
        LogShape::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    }
}
