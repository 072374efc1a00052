//! What a file of cases says.

use serde::Deserialize;

/// The cases that come with the program: they hold for the offline model, and show the format.
const BUILTIN: &str = include_str!("cases.toml");

/// A file of cases.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    pub cases: Vec<Case>,
}

/// One task and what must be true of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique within the file.
    pub name: String,
    /// The task, in words.
    pub description: String,
    /// Texts its user remembers before.
    #[serde(default)]
    pub memories: Vec<String>,
    /// How long the task may take, in seconds.
    #[serde(default = "two_minutes")]
    pub timeout_seconds: u64,
    pub checks: Checks,
}

fn two_minutes() -> u64 {
    120
}

/// What must be true. Fields that are not given are not checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checks {
    /// The task's final status; `COMPLETED` where nothing is said.
    pub status: Option<String>,
    /// Texts the result contains, in whatever case.
    pub contains: Vec<String>,
    /// Texts the result does not contain, in whatever case.
    pub excludes: Vec<String>,
    /// Agents of the plan's steps, in reading order.
    pub agents: Option<Vec<String>>,
    /// Number of steps of the plan.
    pub steps: Option<usize>,
    /// Tools that were called with success.
    pub tools: Vec<String>,
    /// Most it may cost, in USD, as a decimal.
    pub max_cost_usd: Option<String>,
}

/// Why a file of cases cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaseFileError {
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    #[error("the file has no cases")]
    Empty,
    #[error("two cases are named {0:?}")]
    DuplicateName(String),
}

impl CaseFile {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, CaseFileError> {
        let file: Self = toml::from_str(text)?;
        if file.cases.is_empty() {
            return Err(CaseFileError::Empty);
        }
        for (at, case) in file.cases.iter().enumerate() {
            if file.cases[..at].iter().any(|earlier| earlier.name == case.name) {
                return Err(CaseFileError::DuplicateName(case.name.clone()));
            }
        }
        Ok(file)
    }

    /// The cases that come with the program.
    pub fn builtin() -> Result<Self, CaseFileError> {
        Self::parse(BUILTIN)
    }
}
