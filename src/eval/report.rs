//! What a run of cases came to.

use std::fmt;

use entity::{ids::TaskId, values::NanoUsd};

/// One case.
#[derive(Clone, Debug)]
pub struct CaseReport {
    pub name: String,
    /// A sentence for each check that does not hold; none: the case passed.
    pub failures: Vec<String>,
    /// None if the task did not end.
    pub task_id: Option<TaskId>,
    /// None where a price is not known.
    pub cost: Option<NanoUsd>,
    pub duration_ms: i64,
}

/// All cases of a run.
#[derive(Clone, Debug)]
pub struct Report {
    pub cases: Vec<CaseReport>,
}

impl Report {
    /// How many cases passed.
    pub fn passed(&self) -> usize {
        self.cases.iter().filter(|case| case.failures.is_empty()).count()
    }

    /// Whether every case passed.
    pub fn is_success(&self) -> bool {
        self.passed() == self.cases.len()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            let word = if case.failures.is_empty() { "pass" } else { "FAIL" };
            let cost = case
                .cost
                .map_or_else(|| "unknown".to_owned(), |cost| format!("{cost} USD"));
            writeln!(
                f,
                "{word}  {:<32} {:>7} ms  cost {cost}",
                case.name, case.duration_ms
            )?;
            for failure in &case.failures {
                writeln!(f, "      {failure}")?;
            }
        }
        writeln!(f, "{} of {} cases passed", self.passed(), self.cases.len())
    }
}
