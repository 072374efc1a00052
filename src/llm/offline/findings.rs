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
    let told = condensed(&readable(&outcome.content), most);
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
