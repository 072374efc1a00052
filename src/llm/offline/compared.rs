//! Options that are named side by side, and what the material says on each.

use super::{
    wording::{condensed, sentences},
    words::stems,
};

/// Words in front of options.
const TRIGGERS: [&str; 6] = [
    "between ",
    "compare ",
    "comparing ",
    "comparison of ",
    "choose ",
    "options: ",
];

/// Words between options.
const SEPARATORS: [&str; 8] = [
    ", and ", ", or ", " and ", " or ", " versus ", " vs. ", " vs ", " with ",
];

/// Words behind which options end.
const ENDS: [&str; 9] = [
    " for ",
    " in ",
    " on ",
    " by ",
    " given ",
    " based ",
    " considering ",
    " regarding ",
    " as ",
];

const MAX_OPTIONS: usize = 5;
const MAX_OPTION_CHARS: usize = 60;

/// An option and what the material says on it.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    /// Sentences that mention it.
    pub(super) mentions: usize,
    /// The first of them.
    pub(super) first: String,
}

/// The options a text names, two to five, or none.
pub(super) fn options(texts: &[&str], material: &[String]) -> Vec<Named> {
    let names = texts
        .iter()
        .flat_map(|text| sentences(text))
        .map(named)
        .find(|names| names.len() > 1);
    let all: Vec<&str> = material.iter().flat_map(|text| sentences(text)).collect();
    names
        .unwrap_or_default()
        .into_iter()
        .map(|name| weighed(name, &all))
        .collect()
}

fn weighed(name: String, material: &[&str]) -> Named {
    let wanted = stems(&name);
    let mentions = |sentence: &&&str| {
        let has = stems(sentence);
        !wanted.is_empty() && wanted.iter().all(|stem| has.contains(stem))
    };
    let told: Vec<&&str> = material.iter().filter(mentions).collect();
    let first = told
        .first()
        .map(|sentence| condensed(sentence, 200))
        .unwrap_or_default();
    Named {
        name,
        mentions: told.len(),
        first,
    }
}

fn named(sentence: &str) -> Vec<String> {
    let lower = sentence.to_ascii_lowercase();
    let start = TRIGGERS
        .iter()
        .filter_map(|trigger| lower.find(trigger).map(|at| at + trigger.len()))
        .min();
    let Some(start) = start.or_else(|| {
        [" vs ", " vs. ", " versus "]
            .iter()
            .any(|s| lower.contains(s))
            .then_some(0)
    }) else {
        return Vec::new();
    };
    let end = ENDS
        .iter()
        .filter_map(|word| lower[start..].find(word))
        .min()
        .map_or(lower.len(), |at| start + at);
    let mut parts = vec![sentence[start..end].to_owned()];
    for separator in SEPARATORS.iter().copied().chain([", "]) {
        parts = parts
            .iter()
            .flat_map(|part| split_ignoring_case(part, separator))
            .collect();
    }
    let names: Vec<String> = parts
        .iter()
        .map(|part| clean(part).to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    let fits =
        names.len() <= MAX_OPTIONS && names.iter().all(|name| name.chars().count() <= MAX_OPTION_CHARS);
    if fits { names } else { Vec::new() }
}

fn split_ignoring_case(text: &str, separator: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, found) in lower.match_indices(separator) {
        parts.push(text[start..at].to_owned());
        start = at + found.len();
    }
    parts.push(text[start..].to_owned());
    parts
}

fn clean(part: &str) -> &str {
    let part = part.trim_matches(|c: char| c.is_whitespace() || ".,;:!?\"'`()".contains(c));
    ["the ", "a ", "an ", "both "]
        .iter()
        .find_map(|word| part.strip_prefix(word))
        .unwrap_or(part)
}
