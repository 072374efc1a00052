//! Which options a step compares, and what a text says on each of them.

use super::{situation::Situation, words::stems};
use crate::llm::prose::sentences;

/// Words in front of options.
const TRIGGERS: [&str; 12] = [
    "between ",
    "compare ",
    "comparing ",
    "comparison of ",
    "choose ",
    "options: ",
    "cheaper: ",
    "better: ",
    "vergleiche ",
    "zwischen ",
    "比较",
    "对比",
];

/// Words between options.
const SEPARATORS: [&str; 14] = [
    ", and ", ", or ", " and ", " or ", " versus ", " vs. ", " vs ", " with ", " und ", " oder ", "、", "和",
    "与", ", ",
];

/// Words behind which the naming of options ends.
const ENDS: [&str; 18] = [
    " for ",
    " in ",
    " on ",
    " by ",
    " given ",
    " based ",
    " considering ",
    " regarding ",
    " as ",
    " then ",
    ", then",
    ", dann",
    " and recommend",
    ", recommend",
    " and choose",
    " and tell",
    " und empfiehl",
    "，",
];

/// What may stand between the name of an option and what is said on it, within a list of options.
const REMARKS: [&str; 6] = [" (", " at ", " für ", " costing ", ": ", " – "];

/// Loose ends of what is said on one option, before the next is named.
const LOOSE: [&str; 18] = [
    "和", "与", ",", ";", "、", " and", " or", " und", " oder", " while", " whereas", " but", " vs",
    " versus", " with", " the", " a", " an",
];

const MAX_OPTIONS: usize = 8;
const MAX_OPTION_CHARS: usize = 60;

/// The options of a step: those its own words name, one alone where it is one of several the task names, those the
/// steps before took one each, or those of the task. Empty where there are none.
pub(super) fn of(situation: &Situation) -> Vec<String> {
    let step = &situation.step;
    let own_words = step.own_words();
    let own = beside_each_other(&own_words);
    if !own.is_empty() {
        return own;
    }
    let of_task = beside_each_other(&step.task);
    let mut alone = first_named(&own_words, 1);
    alone.retain(|name| of_task.contains(name));
    if !alone.is_empty() {
        return alone;
    }
    match of_results(situation) {
        names if names.is_empty() => of_task,
        names => names,
    }
}

/// Whether a step is about options of its own: its words name them, or the steps before took one of the task's each.
pub(super) fn are_asked_for(situation: &Situation) -> bool {
    let of_results = of_results(situation);
    let of_task = beside_each_other(&situation.step.task);
    !beside_each_other(&situation.step.own_words()).is_empty()
        || !of_results.is_empty() && of_results.iter().all(|name| of_task.contains(name))
}

fn of_results(situation: &Situation) -> Vec<String> {
    let results = situation.step.results.iter();
    differing(&results.map(|result| result.title.as_str()).collect::<Vec<_>>())
}

/// The options a text asks about, two or more; empty if it asks about none.
pub(super) fn beside_each_other(text: &str) -> Vec<String> {
    first_named(text, 2)
}

fn first_named(text: &str, least: usize) -> Vec<String> {
    let mut all = sentences(text).into_iter().map(named);
    all.find(|names| names.len() >= least).unwrap_or_default()
}

/// The options a sentence asks about; none for a sentence that asks about none.
fn named(sentence: &str) -> Vec<String> {
    let lower = sentence.to_ascii_lowercase();
    let triggers = TRIGGERS.iter();
    let start = triggers
        .filter_map(|trigger| lower.find(trigger).map(|at| at + trigger.len()))
        .min()
        .or_else(|| {
            let versus = [" vs ", " vs. ", " versus "]
                .iter()
                .any(|word| lower.contains(word));
            versus.then_some(0)
        });
    let Some(start) = start else {
        return Vec::new();
    };
    let list = without_brackets(until_end(&sentence[start..]));
    let mut parts = vec![list];
    for separator in SEPARATORS {
        parts = parts
            .iter()
            .flat_map(|part| split_ignoring_case(part, separator))
            .collect();
    }
    let mut names: Vec<String> = Vec::new();
    for part in &parts {
        let name = name_in(part);
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    let fits =
        names.len() <= MAX_OPTIONS && names.iter().all(|name| name.chars().count() <= MAX_OPTION_CHARS);
    if fits { names } else { Vec::new() }
}

/// The part before the first of [`ENDS`] that stands outside of brackets.
fn until_end(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let is_outside = |at: &usize| lower[..*at].matches('(').count() <= lower[..*at].matches(')').count();
    let ends = ENDS
        .iter()
        .filter_map(|end| lower.match_indices(end).map(|(at, _)| at).find(is_outside));
    &text[..ends.min().unwrap_or(text.len())]
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_u32;
    let outside = text.chars().filter(|character| {
        let was_inside = depth > 0;
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        !was_inside && depth == 0
    });
    outside.collect()
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

/// The name at the beginning of a part, without articles.
fn name_in(part: &str) -> &str {
    let end = REMARKS.iter().filter_map(|mark| part.find(mark)).min();
    let part = part[..end.unwrap_or(part.len())]
        .trim_matches(|c: char| c.is_whitespace() || ".,;:!?\"'`()。？".contains(c));
    let part = part.strip_prefix("between ").unwrap_or(part);
    ["the ", "a ", "an ", "both ", "die ", "der ", "das ", "den "]
        .iter()
        .find_map(|word| part.strip_prefix(word))
        .unwrap_or(part)
}

/// What differs in titles that begin alike: `Postgres` and `MySQL` of `Compare Postgres` and `Compare MySQL`.
fn differing(titles: &[&str]) -> Vec<String> {
    let [first, others @ ..] = titles else {
        return Vec::new();
    };
    let words: Vec<Vec<&str>> = titles.iter().map(|title| title.split(' ').collect()).collect();
    let alike = |from_end: bool| {
        let at = |words: &[&'_ str], place: usize| {
            let place = if from_end {
                words.len().checked_sub(place + 1)?
            } else {
                place
            };
            words.get(place).map(|word| (*word).to_owned())
        };
        (0..first.len())
            .take_while(|&place| {
                let wanted = at(&words[0], place);
                wanted.is_some() && words.iter().all(|words| at(words, place) == wanted)
            })
            .count()
    };
    let (head, tail) = (alike(false), alike(true));
    let shortest = words.iter().map(Vec::len).min().unwrap_or_default();
    if others.is_empty() || head == 0 || head + tail >= shortest {
        return Vec::new();
    }
    let names: Vec<String> = words
        .iter()
        .map(|words| name_in(&without_brackets(&words[head..words.len() - tail].join(" "))).to_owned())
        .collect();
    let fits =
        names.len() <= MAX_OPTIONS && names.iter().all(|name| name.chars().count() <= MAX_OPTION_CHARS);
    if fits { names } else { Vec::new() }
}

/// What a sentence says on each of the options it mentions: place of the option, words from its name on.
pub(super) fn said_on(sentence: &str, options: &[String]) -> Vec<(usize, String)> {
    let mut places: Vec<(usize, usize)> = options
        .iter()
        .enumerate()
        .filter_map(|(option, name)| Some((place(sentence, name)?, option)))
        .collect();
    places.sort_unstable();
    let Some(&(first, of_first)) = places.first() else {
        return Vec::new();
    };
    let asks = !named(sentence).is_empty();
    if !asks && places.len() == 1 {
        return vec![(of_first, sentence.to_owned())];
    }
    // `For 120 EUR there is A, for 80 EUR B`: what belongs to which cannot be told by place.
    if sentence[..first].contains(|c: char| c.is_ascii_digit()) {
        return Vec::new();
    }
    let ends = places.iter().skip(1).map(|(at, _)| *at).chain([sentence.len()]);
    let mut told: Vec<(usize, String)> = places
        .iter()
        .zip(ends)
        .map(|(&(start, option), end)| {
            let words = &sentence[start..end];
            let words = if asks { until_end(words) } else { words };
            (option, without_loose_ends(words).to_owned())
        })
        .collect();
    let says_more = |(option, words): &(usize, String)| {
        let name = stems(&options[*option]);
        stems(words).iter().any(|stem| !name.contains(stem))
    };
    if !asks && !told.iter().all(says_more) {
        // `A is faster than B` is about both as a whole.
        return vec![(of_first, sentence.to_owned())];
    }
    told.retain(says_more);
    told
}

/// Where a name stands as words of its own.
fn place(sentence: &str, name: &str) -> Option<usize> {
    let lower = sentence.to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    let is_part = |c: char| c.is_ascii_alphanumeric();
    lower.match_indices(&name).map(|(at, _)| at).find(|&at| {
        let inside = lower[..at].ends_with(is_part) || lower[at + name.len()..].starts_with(is_part);
        !inside
    })
}

/// Whether a text mentions an option by name.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    place(text, name).is_some()
}

fn without_loose_ends(words: &str) -> &str {
    let mut words = words.trim().trim_end_matches(['.', '?', '!', '。', '？']);
    while let Some(rest) = LOOSE.iter().find_map(|end| words.strip_suffix(end)) {
        words = rest.trim_end();
    }
    words
}
