//! The table that is printed: what was measured, beside what it is measured against.

/// One line.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) measured: String,
    /// The goal, and whether it was met; None for a line that only informs.
    pub(crate) goal: Option<(String, bool)>,
    /// What it cost, or what else was seen.
    pub(crate) beside: String,
}

/// All lines so far. Each is printed when it comes, too: a run that is broken off has shown something.
#[derive(Default)]
pub(crate) struct Table(Vec<Row>);

impl Row {
    /// A line without a goal.
    pub(crate) fn info(
        what: impl Into<String>,
        measured: impl Into<String>,
        beside: impl Into<String>,
    ) -> Self {
        Self {
            what: what.into(),
            measured: measured.into(),
            goal: None,
            beside: beside.into(),
        }
    }

    /// A line with a goal.
    pub(crate) fn goal(
        what: impl Into<String>,
        measured: impl Into<String>,
        goal: impl Into<String>,
        is_met: bool,
        beside: impl Into<String>,
    ) -> Self {
        Self {
            what: what.into(),
            measured: measured.into(),
            goal: Some((goal.into(), is_met)),
            beside: beside.into(),
        }
    }

    fn cells(&self) -> [String; 5] {
        let (goal, verdict) = match &self.goal {
            Some((goal, true)) => (goal.clone(), "met".to_owned()),
            Some((goal, false)) => (goal.clone(), "MISSED".to_owned()),
            None => (String::new(), String::new()),
        };
        [
            self.what.clone(),
            self.measured.clone(),
            goal,
            verdict,
            self.beside.clone(),
        ]
    }
}

impl Table {
    pub(crate) fn add(&mut self, row: Row) {
        println!("{}", row.cells().join(" | "));
        self.0.push(row);
    }

    /// The whole table, in Markdown.
    pub(crate) fn print(&self) {
        println!("\n| what | measured | goal | | beside |\n|---|---|---|---|---|");
        for row in &self.0 {
            println!("| {} |", row.cells().join(" | "));
        }
    }
}

/// `p50` and `p99` of durations in milliseconds. The slice is sorted.
pub(crate) fn percentiles(samples: &mut [f64]) -> (f64, f64) {
    samples.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (samples.len() as f64 * share) as usize;
        samples
            .get(index.min(samples.len().saturating_sub(1)))
            .copied()
            .unwrap_or(f64::NAN)
    };
    (at(0.50), at(0.99))
}
