//! Cutting and cleaning text: sentences, digests, key points.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{report, words::stems};

/// The most text that is looked through for sentences, in characters.
const MAX_SCANNED_CHARS: usize = 20_000;

/// The start of a text, as much as is looked through.
pub(super) fn scanned(text: &str) -> &str {
    text.char_indices()
        .nth(MAX_SCANNED_CHARS)
        .map_or(text, |(end, _)| &text[..end])
}

/// The sentences and lines of a text, trimmed, without those that have no letters or digits.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let text = scanned(text);
    let mut found = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let next_is_space = characters.peek().is_none_or(|(_, next)| next.is_whitespace());
        let ends = match character {
            '\n' | '。' | '！' | '？' => true,
            '.' | '!' | '?' | ';' => next_is_space,
            _ => false,
        };
        if ends {
            found.push(&text[start..end]);
            start = end;
        }
    }
    found.push(&text[start..]);
    found
        .into_iter()
        .map(str::trim)
        .filter(|sentence| sentence.contains(char::is_alphanumeric))
        .collect()
}

/// A text on one line, cut at a sentence or else a word to at most `most` characters.
pub(super) fn condensed(text: &str, most: usize) -> String {
    let line = scanned(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(most) else {
        return line;
    };
    let head = &line[..end];
    let sentence = [". ", "! ", "? ", "; "]
        .iter()
        .filter_map(|mark| head.rfind(mark))
        .max();
    match sentence {
        Some(at) if at * 2 > head.len() => head[..=at].to_owned(),
        _ => format!("{} …", head.rfind(' ').map_or(head, |at| &head[..at])),
    }
}

/// The body of an earlier output: without headings, marks, and what the offline model says of itself; of a report
/// that has a conclusion, the conclusion.
pub(super) fn body(output: &str) -> String {
    let output = scanned(output);
    let told = output
        .split_once(report::CONCLUSION)
        .map_or(output, |(_, conclusion)| conclusion);
    told.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#') && !report::is_disclaimer(line))
        .map(|line| {
            line.trim_start_matches("- ")
                .trim_start_matches("* ")
                .trim_start_matches("> ")
        })
        .map(|line| {
            let line = line.replace("**", "");
            if line.ends_with(['.', '!', '?', ':', ';', '…', '。']) {
                line
            } else {
                format!("{line}.")
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// What a tool returned as readable text: JSON is unfolded, other text is left as it is.
pub(super) fn readable(content: &str) -> String {
    match serde_json::from_str::<Value>(content) {
        Ok(value) => unfolded(&value),
        Err(_) => content.trim().to_owned(),
    }
}

/// Where results keep what a reader wants to see.
const TELLING_FIELDS: [&str; 10] = [
    "result", "value", "content", "text", "now", "answer", "memories", "notes", "hits", "results",
];

/// Elements and fields of JSON that are shown.
const MAX_SHOWN: usize = 8;

fn unfolded(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => {
            let mut shown: Vec<String> = items.iter().take(MAX_SHOWN).map(unfolded).collect();
            if items.len() > MAX_SHOWN {
                shown.push(format!("and {} more", items.len() - MAX_SHOWN));
            }
            shown.join("; ")
        }
        Value::Object(fields) => {
            let told = TELLING_FIELDS
                .iter()
                .find_map(|field| fields.get(*field))
                .map(unfolded);
            match (told, fields.get("name").and_then(Value::as_str)) {
                (Some(told), Some(name)) => format!("{name}: {told}"),
                (Some(told), None) => told,
                (None, _) => {
                    let shown = fields.iter().take(MAX_SHOWN);
                    shown
                        .map(|(name, value)| format!("{name}: {}", unfolded(value)))
                        .collect::<Vec<_>>()
                        .join(", ")
                }
            }
        }
    }
}

/// The `most` sentences that carry the words the texts share most, in their order, each once.
pub(super) fn key_points(texts: &[String], most: usize) -> Vec<String> {
    let mut points: Vec<(String, Vec<String>)> = Vec::new();
    for sentence in texts.iter().flat_map(|text| sentences(text)) {
        let sentence = condensed(sentence, 220);
        let mut stems = stems(&sentence);
        stems.sort_unstable();
        stems.dedup();
        if !stems.is_empty() && points.iter().all(|(_, known)| *known != stems) {
            points.push((sentence, stems));
        }
    }
    let mut occurrences: BTreeMap<&str, usize> = BTreeMap::new();
    for stem in points.iter().flat_map(|(_, stems)| stems) {
        *occurrences.entry(stem).or_default() += 1;
    }
    let score = |stems: &[String]| {
        let shared: usize = stems
            .iter()
            .map(|stem| occurrences.get(stem.as_str()).copied().unwrap_or(0))
            .sum();
        // Long sentences hold more words; whole numbers keep the order the same on every machine.
        shared * 1_000 / (stems.len() + 2)
    };
    let mut ranked: Vec<usize> = (0..points.len()).collect();
    ranked.sort_by_key(|&at| (std::cmp::Reverse(score(&points[at].1)), at));
    ranked.truncate(most);
    ranked.sort_unstable();
    ranked.into_iter().map(|at| points[at].0.clone()).collect()
}
