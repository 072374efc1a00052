//! What came of the tools, in sentences.

use super::{
    situation::{Outcome, Situation},
    wording::{condensed, readable},
};

/// A sentence about one tool call.
///
/// To word the result of one more tool: an arm here.
pub(super) fn sentence(outcome: &Outcome, most: usize) -> String {
    let tool = &outcome.tool;
    let told = condensed(&told(outcome), most);
    if outcome.failed {
        return closed(&format!("{} failed and stays open ({told})", described(outcome)));
    }
    let nothing = told.is_empty();
    closed(&match tool.as_str() {
        "calculator" => format!("{} = {told}", outcome.argument("expression")),
        "current_time" => format!("The system's time is {told}"),
        "search_memory" if nothing => format!("Memory has nothing on “{}”", outcome.argument("query")),
        "search_memory" => format!("Memory on “{}”: {told}", outcome.argument("query")),
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
    })
}

/// The texts that tools brought in, for key points and comparisons.
pub(super) fn texts(situation: &Situation) -> Vec<String> {
    let telling = |outcome: &&Outcome| {
        !outcome.failed
            && matches!(
                outcome.tool.as_str(),
                "search_memory" | "read_notes" | "web_fetch"
            )
    };
    situation
        .outcomes
        .iter()
        .filter(telling)
        .map(|outcome| readable(&outcome.content))
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

/// With a mark at its end.
pub(super) fn closed(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', '…', '。']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}
