//! The evaluation harness: a file of cases, each a task and what must be true of what came of it, run through the real
//! program and scored.
//!
//! To add a check: a field of [`case::Checks`] and its line in `score.rs`.
//!
//! May use: `services`, `store`, `feed`, `domain`.

pub mod case;
pub mod report;
mod run;
mod score;

pub use case::{Case, CaseFile, CaseFileError};
pub use report::{CaseReport, Report};
pub use run::run;
