//! Making things readable: JSON in words, the key points of many sentences, lists of names.

use std::collections::BTreeMap;

use serde_json::Value;

use super::words::stems;
use crate::llm::prose::{condensed, sentences};

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

/// Sentences that are weighed against each other.
const MAX_WEIGHED: usize = 300;

/// The `most` sentences that carry the words the texts share most, in their order, each once.
pub(super) fn key_points(texts: &[String], most: usize) -> Vec<String> {
    let mut points: Vec<(String, Vec<String>)> = Vec::new();
    for sentence in texts.iter().flat_map(|text| sentences(text)).take(MAX_WEIGHED) {
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

/// `a, b and c`.
pub(super) fn enumerated(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
