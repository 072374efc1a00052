//! The words an agent works from: the clause, what was said about it, and as much of the whole as it needs.

use std::fmt::Write;

use super::graph::RawStep;
use super::text::{has_substance, one_line, shorten};
use crate::llm::prompt::{BELONGS_TO, KEEP_IN_MIND, WHOLE_TASK, WORK_FROM};

/// How much of the whole task every step quotes, in characters.
const GOAL_CHARS: usize = 500;

/// Bytes of context in all steps of a plan together.
const CONTEXT_BYTES: usize = 256 * 1024;

/// Titles of earlier steps that are named; more are counted.
const MOST_NAMED: usize = 8;

/// What is the same for all steps of a plan.
pub(super) struct Whole {
    goal: String,
    context: String,
}

impl Whole {
    pub(super) fn new(description: &str, context: &[String], steps: usize) -> Self {
        let goal = shorten(&one_line(description), GOAL_CHARS);
        let mut lines = String::new();
        for fact in context
            .iter()
            .map(|fact| fact.trim())
            .filter(|fact| has_substance(fact))
        {
            let mark = if fact.starts_with("- ") { "" } else { "- " };
            let _ = writeln!(lines, "{mark}{fact}");
        }
        let most = CONTEXT_BYTES / 4 / steps.max(1);
        Self {
            goal,
            context: shorten(lines.trim_end(), most),
        }
    }

    /// The instructions of one step of several. `earlier` are the titles of the steps it waits for.
    pub(super) fn instructions(&self, step: &RawStep, title: &str, earlier: &[&str]) -> String {
        let body = step.body.trim();
        let mut text = if has_substance(body) {
            sentence(body)
        } else {
            sentence(title)
        };
        for detail in &step.details {
            let _ = write!(text, "\n{}", detail.trim_end());
        }
        if let Some(section) = &step.section {
            let _ = write!(text, "\n\n{BELONGS_TO} {section}");
        }
        if !earlier.is_empty() {
            let named = earlier
                .iter()
                .take(MOST_NAMED)
                .copied()
                .collect::<Vec<_>>()
                .join("; ");
            let _ = write!(text, "\n\n{WORK_FROM} {named}");
            if let Some(more) = earlier.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
                let _ = write!(text, "; and {more} more");
            }
            text.push('.');
        }
        if !self.context.is_empty() {
            let _ = write!(text, "\n\n{KEEP_IN_MIND}\n{}", self.context);
        }
        let _ = write!(text, "\n\n{WHOLE_TASK} \"{}\"", self.goal);
        text
    }
}

/// Begins large and ends with a mark.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let mut sentence: String = match chars.next() {
        Some(first) if first.is_alphabetic() && !text.starts_with("http") => {
            first.to_uppercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    };
    if sentence.ends_with(char::is_alphanumeric) {
        sentence.push('.');
    }
    sentence
}
