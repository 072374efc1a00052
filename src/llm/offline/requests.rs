//! Which of the offered tools a step's words call for.

use serde_json::{Value, json};
use url::Url;

use super::{arithmetic, situation::Situation};
use crate::llm::{
    chat::{ChatRequest, ToolRequest},
    prose,
};

const MAX_CALCULATIONS: usize = 4;
const MAX_PAGES: usize = 3;
const MAX_SEARCHES: usize = 2;
const MAX_STORED: usize = 3;

/// Memories a search asks for.
const SEARCH_LIMIT: u32 = 5;

/// The longest query or remembered text, in characters.
const MAX_QUERY_CHARS: usize = 200;
const MAX_STORED_CHARS: usize = 1_000;

const TIME_WORDS: [&str; 19] = [
    "current time",
    "current date",
    "what time",
    "time is it",
    "time now",
    "what day",
    "which day",
    "date today",
    "today's date",
    "date of today",
    "what date",
    "day is it",
    "welcher tag ist heute",
    "welches datum",
    "datum von heute",
    "wie spät",
    "今天几号",
    "今天星期几",
    "现在几点",
];

const READ_NOTES_WORDS: [&str; 8] = [
    "read the notes",
    "read notes",
    "read our notes",
    "check the notes",
    "look at the notes",
    "review the notes",
    "use the notes",
    "the notes say",
];

const SEARCH_WORDS: [&str; 8] = [
    "search",
    "recall",
    "what do we know about",
    "what do you know about",
    "look up",
    "find out",
    "research",
    "gather",
];

/// What stands between a search word and what is searched for.
const QUERY_FILLERS: [&str; 20] = [
    "for ",
    "about ",
    "on ",
    "the ",
    "your ",
    "our ",
    "any ",
    "all ",
    "anything ",
    "everything ",
    "what ",
    "we ",
    "know ",
    "known ",
    "is ",
    "information ",
    "facts ",
    "long-term ",
    "memory ",
    "memories ",
];

const REMEMBER_WORDS: [&str; 3] = ["remember that", "remember:", "remember this:"];

const NOTE_WORDS: [&str; 7] = [
    "note that",
    "note down that",
    "note down",
    "write down that",
    "make a note that",
    "take a note that",
    "note:",
];

/// The calls for a step: only tools that are offered, each at most a few times. Empty where none fits.
pub(super) fn for_step(situation: &Situation, request: &ChatRequest) -> Vec<ToolRequest> {
    let offered = |name: &str| request.tools.iter().any(|tool| tool.name == name);
    let own_words = situation.step.own_words();
    let (plain, addresses) = without_addresses(prose::scanned(&own_words));
    let lower = plain.to_ascii_lowercase();
    let mut wanted: Vec<(&str, Value)> = Vec::new();
    if offered("calculator") {
        let expressions = arithmetic::expressions(&plain, MAX_CALCULATIONS);
        wanted.extend(
            expressions
                .into_iter()
                .map(|expression| ("calculator", json!({ "expression": expression }))),
        );
    }
    if offered("current_time") && TIME_WORDS.iter().any(|words| lower.contains(words)) {
        wanted.push(("current_time", json!({})));
    }
    if offered("web_fetch") {
        wanted.extend(
            addresses
                .iter()
                .take(MAX_PAGES)
                .map(|url| ("web_fetch", json!({ "url": url }))),
        );
    }
    if offered("read_notes") && READ_NOTES_WORDS.iter().any(|words| lower.contains(words)) {
        wanted.push(("read_notes", json!({})));
    }
    if offered("search_memory") {
        let queries = queries(&plain, &situation.step.title);
        wanted.extend(
            queries
                .into_iter()
                .map(|query| ("search_memory", json!({ "query": query, "limit": SEARCH_LIMIT }))),
        );
    }
    for (words, tools) in [
        (&REMEMBER_WORDS[..], ["remember", "write_notes"]),
        (&NOTE_WORDS[..], ["write_notes", "remember"]),
    ] {
        let Some(tool) = tools.into_iter().find(|tool| offered(tool)) else {
            continue;
        };
        for content in told_after(&plain, words).into_iter().take(MAX_STORED) {
            let content = prose::condensed(content, MAX_STORED_CHARS);
            wanted.push(match tool {
                "remember" => (tool, json!({ "content": content })),
                _ => (tool, json!({ "name": note_name(&content), "content": content })),
            });
        }
    }
    let turn = request.messages.len();
    let numbered = wanted.into_iter().enumerate();
    numbered
        .map(|(at, (name, arguments))| ToolRequest {
            id: format!("offline_{turn}_{at}"),
            name: name.to_owned(),
            arguments: arguments.to_string(),
        })
        .collect()
}

/// The text with its web addresses taken out, and the addresses, each once.
fn without_addresses(text: &str) -> (String, Vec<String>) {
    let mut plain = String::with_capacity(text.len());
    let mut addresses: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(at) = [rest.find("http://"), rest.find("https://")]
        .into_iter()
        .flatten()
        .min()
    {
        plain.push_str(&rest[..at]);
        let address = &rest[at..];
        let end = address
            .find(|c: char| c.is_whitespace() || "<>\"`|".contains(c))
            .unwrap_or(address.len());
        let trimmed =
            address[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'', '*']);
        if let Ok(url) = Url::parse(trimmed)
            && !addresses.iter().any(|known| known == url.as_str())
        {
            addresses.push(url.to_string());
        }
        plain.push(' ');
        rest = &address[trimmed.len().max(1)..];
    }
    plain.push_str(rest);
    (plain, addresses)
}

/// What memory is to be searched for, at most one query for each sentence; the title where the sentence does not say.
fn queries(text: &str, title: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for sentence in prose::sentences(text) {
        // The earliest phrase, which leaves the most behind it. `memory` is among the fillers.
        let hits = SEARCH_WORDS.iter().filter_map(|words| after(sentence, words));
        let Some(rest) = hits.max_by_key(|rest| rest.len()) else {
            continue;
        };
        let query = prose::condensed(without_fillers(rest), MAX_QUERY_CHARS);
        let query = if query.is_empty() {
            title.trim().to_owned()
        } else {
            query
        };
        if !query.is_empty() && !found.contains(&query) {
            found.push(query);
        }
    }
    found.truncate(MAX_SEARCHES);
    found
}

fn without_fillers(text: &str) -> &str {
    let mut text = trimmed(text);
    while let Some(filler) = QUERY_FILLERS.iter().find(|filler| {
        text.get(..filler.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(filler))
    }) {
        text = text[filler.len()..].trim_start();
    }
    text
}

/// What each sentence says behind one of the phrases, unless it is told not to.
fn told_after<'a>(text: &'a str, phrases: &[&str]) -> Vec<&'a str> {
    let told = |sentence: &'a str| {
        let rest = phrases
            .iter()
            .filter_map(|phrase| after(sentence, phrase))
            .min_by_key(|rest| rest.len())?;
        let before = sentence[..sentence.len() - rest.len()].to_ascii_lowercase();
        let denied = ["not ", "n't ", "never "]
            .iter()
            .any(|word| before.contains(word));
        (!denied).then(|| trimmed(rest)).filter(|rest| !rest.is_empty())
    };
    prose::sentences(text).into_iter().filter_map(told).collect()
}

/// What stands behind the first place where a phrase stands as words of its own.
fn after<'a>(sentence: &'a str, phrase: &str) -> Option<&'a str> {
    let lower = sentence.to_ascii_lowercase();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    lower.match_indices(phrase).find_map(|(at, _)| {
        let (before, rest) = (&sentence[..at], &sentence[at + phrase.len()..]);
        let inside = before.ends_with(is_word) || rest.starts_with(is_word);
        (!inside).then_some(rest)
    })
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ".,;:!?\"'`".contains(c))
}

/// A name for a note, from its first words.
fn note_name(content: &str) -> String {
    let words: Vec<String> = content
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(4)
        .map(str::to_ascii_lowercase)
        .collect();
    let name: String = words.join("_").chars().take(40).collect();
    if name.is_empty() { "note".to_owned() } else { name }
}
