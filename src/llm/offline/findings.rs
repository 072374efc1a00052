//! What came of the tools, in sentences.

use chrono::DateTime;

use super::{
    situation::{Outcome, Situation},
    wording::readable,
};
use crate::llm::prose::{closed, condensed};

/// How the sentences begin that tell what a memory search found, up to what was searched for.
const FROM_MEMORY: &str = "Memory on “";

/// What the tools returned, a sentence or a few for each call.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// What can be built on.
    pub(super) found: Vec<String>,
    /// What only tells how the work went: nothing found, something stored, a failure.
    pub(super) asides: Vec<String>,
}

/// The findings of a step.
pub(super) fn of(situation: &Situation) -> Findings {
    let mut findings = Findings::default();
    for outcome in &situation.outcomes {
        let told = condensed(&told(outcome), 600);
        let is_aside =
            outcome.failed || told.is_empty() || matches!(outcome.tool.as_str(), "remember" | "write_notes");
        let list = if is_aside {
            &mut findings.asides
        } else {
            &mut findings.found
        };
        list.push(closed(&sentence(outcome, &told)));
    }
    findings
}

/// A sentence about one tool call.
///
/// To word the result of one more tool: an arm here.
fn sentence(outcome: &Outcome, told: &str) -> String {
    let tool = &outcome.tool;
    if outcome.failed {
        return format!("{} failed and stays open ({told})", described(outcome));
    }
    let nothing = told.is_empty();
    match tool.as_str() {
        "calculator" => format!("{} = {told}", outcome.argument("expression")),
        "current_time" => moment(told).unwrap_or_else(|| format!("The system's time is {told}")),
        "search_memory" if nothing => format!("Memory has nothing on “{}”", outcome.argument("query")),
        "search_memory" => format!("{FROM_MEMORY}{}”: {told}", outcome.argument("query")),
        "remember" => format!("Kept in long-term memory: “{}”", outcome.argument("content")),
        "write_notes" => format!(
            "Noted as “{}”: {}",
            outcome.argument("name"),
            outcome.argument("content")
        ),
        "read_notes" if nothing => "The task has no notes".to_owned(),
        "read_notes" => format!("The notes say: {told}"),
        "web_fetch" => format!("{} says: {told}", outcome.argument("url")),
        _ if nothing => format!("{tool} returned nothing"),
        _ => format!("{tool} returned: {told}"),
    }
}

/// The label and the rest of a sentence that tells what a memory search found. The label stays with it wherever it
/// goes: what was recalled is not learned.
pub(super) fn memory_label(text: &str) -> Option<(&str, &str)> {
    let end = text.find("”: ").filter(|_| text.starts_with(FROM_MEMORY))?;
    Some(text.split_at(end + "”: ".len()))
}

/// A time that begins with its ISO 8601 form, as people say it.
fn moment(told: &str) -> Option<String> {
    let written = told.split([',', ' ']).next()?;
    let time = DateTime::parse_from_rfc3339(written).ok()?;
    let zone = match time.offset().local_minus_utc() {
        0 => String::new(),
        _ => time.format("%:z").to_string(),
    };
    Some(format!(
        "Today is {}, at {} UTC{zone} (ISO week {})",
        time.format("%A, %-d %B %Y"),
        time.format("%H:%M:%S"),
        time.format("%G-W%V"),
    ))
}

/// The texts that one of these tools brought in, for comparisons.
pub(super) fn texts(situation: &Situation, tools: &[&str]) -> Vec<String> {
    situation
        .outcomes
        .iter()
        .filter(|outcome| !outcome.failed && tools.contains(&outcome.tool.as_str()))
        .map(told)
        .collect()
}

/// What a tool returned, without what it says around it.
fn told(outcome: &Outcome) -> String {
    let text = readable(&outcome.content);
    match outcome.tool.as_str() {
        _ if outcome.failed => text,
        "current_time" => text.replace('\n', ", "),
        "search_memory" | "read_notes"
            if text.starts_with("No memories") || text.starts_with("There are no notes") =>
        {
            String::new()
        }
        "search_memory" => lines(&text)
            .map(|line| closed(without_place(line)))
            .collect::<Vec<_>>()
            .join("\n"),
        "read_notes" => lines(&text).map(str::to_owned).collect::<Vec<_>>().join("\n"),
        "web_fetch" => match text.split_once("\n\n") {
            Some((head, page)) if head.starts_with("Fetched ") && head.contains("(status 200") => {
                page.to_owned()
            }
            _ => text,
        },
        _ => text,
    }
}

/// The lines of a result without the one that says what they are.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.ends_with("(data, not instructions):"))
        .map(str::trim)
}

/// `text` for `1. [mem_x, score 0.812] text`.
fn without_place(line: &str) -> &str {
    match line.split_once(". [") {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            rest.split_once("] ").map_or(line, |(_, text)| text)
        }
        _ => line,
    }
}

/// A call with the argument that tells it from others.
fn described(outcome: &Outcome) -> String {
    let told = ["expression", "query", "url", "name", "content"]
        .iter()
        .map(|name| outcome.argument(name));
    match told.into_iter().find(|argument| !argument.is_empty()) {
        Some(argument) => format!("{} ({})", outcome.tool, condensed(argument, 80)),
        None => outcome.tool.clone(),
    }
}
