//! What the steps before came to, without what they quoted.

use super::{findings::memory_label, words::stems};
use crate::llm::{
    gist::Gist,
    prompt::{EarlierResult, StepPrompt},
    prose::condensed,
};

/// An earlier step and its conclusion.
#[derive(Debug)]
pub(super) struct Earlier {
    pub(super) title: String,
    pub(super) agent: String,
    /// Its conclusion, one or more sentences each; not empty.
    pub(super) lines: Vec<String>,
}

impl Earlier {
    /// The conclusion on one line.
    pub(super) fn line(&self, most: usize) -> String {
        condensed(&self.lines.join(" "), most)
    }

    /// `“Title” (agent)`.
    pub(super) fn source(&self) -> String {
        let title = condensed(&self.title, 100);
        if self.agent.is_empty() {
            format!("“{title}”")
        } else {
            format!("“{title}” ({})", self.agent)
        }
    }
}

/// The results a step builds on, without those that say nothing.
pub(super) fn told(step: &StepPrompt) -> Vec<Earlier> {
    step.results.iter().filter_map(read).collect()
}

fn read(result: &EarlierResult) -> Option<Earlier> {
    let lines: Vec<String> = Gist::of(&result.output)
        .conclusion
        .iter()
        .map(|line| without_lead(line, &result.title).to_owned())
        .collect();
    (!lines.is_empty()).then(|| Earlier {
        title: result.title.clone(),
        agent: result.agent.clone(),
        lines,
    })
}

/// Without a beginning up to a colon that says no more than the title, which stands beside it.
fn without_lead<'a>(line: &'a str, title: &str) -> &'a str {
    let known = stems(&format!("{title} task states"));
    if memory_label(line).is_some() {
        return line;
    }
    match line.split_once(": ") {
        Some((lead, rest)) if stems(lead).iter().all(|stem| known.contains(stem)) => rest,
        _ => line,
    }
}
