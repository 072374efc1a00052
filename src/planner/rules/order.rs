//! "After X, do Y", "do Y before X", "once X is done": reads the condition and says what X is.

use super::lexicon::{Grammar, phrase_at};
use super::text::{Word, words};

/// A condition on the order, with the words of X.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// X comes first; otherwise the clause does.
    pub after: bool,
    /// The words of X.
    pub text: String,
    /// The clause with its condition, where the condition closes it.
    pub whole: Option<String>,
    pub what: What,
}

/// What X is, as far as its words tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// "That": whatever was said before.
    That,
    /// "Everything".
    All,
    /// "Steps 1 and 2".
    Numbers(Vec<usize>),
    /// Work of its own, in the words of a step.
    Work(String),
    /// A thing or a moment: it may name a step.
    Thing,
}

/// Reads "After X, Y" or "Before X, Y" and returns the condition with Y.
pub(super) fn leading<'a>(text: &'a str, grammar: &Grammar) -> Option<(Condition, &'a str)> {
    let all = words(text);
    let (after, length) = conjunction(&all, 0, grammar)?;
    let main = (length + 1..all.len())
        .find(|&at| !all[at].shielded && text[all[at - 1].end..all[at].start].contains([',', '，']))?;
    let x = &text[all[length].start..all[main - 1].end];
    let gap = text[..all[main].start]
        .rfind([',', '，', ' '])
        .map_or(all[main].start, |at| {
            at + text[at..].chars().next().map_or(0, char::len_utf8)
        });
    Some((condition(after, x, grammar), &text[gap..]))
}

/// Reads "Y after X" or "Y before X" and returns the condition with Y. Only where X names work or steps: "look after
/// the dog" has none.
pub(super) fn trailing<'a>(text: &'a str, grammar: &Grammar) -> Option<(Condition, &'a str)> {
    let all = words(text);
    for at in 1..all.len() {
        if grammar.lexicon.relative.contains(&&*all[at - 1].lower) {
            return None;
        }
        if at < 2 || all[at].shielded {
            continue;
        }
        let Some((after, length)) = conjunction(&all, at, grammar) else {
            continue;
        };
        let Some(start) = all.get(at + length) else {
            continue;
        };
        let x = text[start.start..].trim_end_matches(|c: char| !c.is_alphanumeric());
        let condition = Condition {
            whole: Some(text.to_owned()),
            ..condition(after, x, grammar)
        };
        let nominal = condition.what == What::Thing && all.len() - at - length <= 6;
        if nominal || condition.what != What::Thing {
            return Some((condition, super::clauses::cut_before(text, all[at].start)));
        }
        return None;
    }
    None
}

fn conjunction(words: &[Word<'_>], at: usize, grammar: &Grammar) -> Option<(bool, usize)> {
    words.get(at).filter(|word| grammar.may_open(word))?;
    let after = phrase_at(words, at, grammar.lexicon.after);
    let before = phrase_at(words, at, grammar.lexicon.before);
    match (after, before) {
        (None, None) => None,
        (Some(length), None) => Some((true, length)),
        (None, Some(length)) => Some((false, length)),
        (Some(after), Some(before)) => Some((after > before, after.max(before))),
    }
}

fn condition(after: bool, x: &str, grammar: &Grammar) -> Condition {
    Condition {
        after,
        text: x.to_owned(),
        whole: None,
        what: what(x, grammar),
    }
}

const THAT: &[&str] = &[
    "that", "this", "it", "these", "those", "they", "das", "dies", "cela", "ça", "eso", "esto", "ciò",
    "isso", "isto",
];
const ALL: &[&str] = &[
    "everything",
    "all",
    "both",
    "alles",
    "alle",
    "beide",
    "tout",
    "todo",
    "tutto",
    "tudo",
];
const STEP_WORDS: &[&str] = &[
    "step", "steps", "item", "items", "task", "tasks", "schritt", "étape", "paso", "passo", "etapa",
];
const PEOPLE: &[&str] = &["you", "we", "i", "they", "you've", "we've", "i've"];
const HELPERS: &[&str] = &[
    "have",
    "has",
    "had",
    "are",
    "done",
    "with",
    "fully",
    "finally",
    "successfully",
    "been",
    "was",
    "were",
    "is",
];
const DONE: &[&str] = &["done", "finished", "complete", "completed", "ready", "over"];
const BE: &[&str] = &["is", "are", "was", "were", "been", "gets", "be"];

fn what(x: &str, grammar: &Grammar) -> What {
    let all = words(x);
    let Some(first) = all.first() else {
        return What::Thing;
    };
    let numbers: Vec<usize> = all.iter().filter_map(|word| word.lower.parse().ok()).collect();
    let only_numbers = all.iter().all(|word| {
        word.lower.parse::<usize>().is_ok()
            || STEP_WORDS.contains(&&*word.lower)
            || grammar.lexicon.and.contains(&&*word.lower)
            || DONE.contains(&&*word.lower)
            || BE.contains(&&*word.lower)
    });
    if !numbers.is_empty() && only_numbers {
        return What::Numbers(numbers);
    }
    let short =
        all.len() == 1 || all.len() <= 5 && all.last().is_some_and(|word| DONE.contains(&&*word.lower));
    if short && THAT.contains(&&*first.lower) {
        return What::That;
    }
    if short && ALL.contains(&&*first.lower) {
        return What::All;
    }
    work(x, &all, grammar).map_or(What::Thing, What::Work)
}

fn work(x: &str, all: &[Word<'_>], grammar: &Grammar) -> Option<String> {
    let mut at = 0;
    if PEOPLE.contains(&&*all[0].lower) {
        at = (1..all.len()).find(|&at| !HELPERS.contains(&&*all[at].lower))?;
    }
    let first = &all[at];
    let is_gerund = first.lower.ends_with("ing") || at > 0;
    if let Some(base) = grammar.base_form(&first.lower).filter(|_| is_gerund) {
        return Some(format!("{base}{}", &x[first.end..]));
    }
    let is_verb = grammar.is_verb(first)
        && !(grammar.lexicon.english && at == 0)
        && !(grammar.lexicon.nouns_are_capitalised && first.raw.starts_with(char::is_uppercase));
    if is_verb && (all.len() > at + 1 || !grammar.lexicon.english) {
        return Some(x[first.start..].to_owned());
    }
    passive(x, all, grammar)
}

/// "The data is collected": collect the data. "The schema is done": complete the schema.
fn passive(x: &str, all: &[Word<'_>], grammar: &Grammar) -> Option<String> {
    let be = all
        .iter()
        .rposition(|word| BE.contains(&&*word.lower))
        .filter(|&be| be > 0)?;
    let subject_end = if matches!(&*all[be - 1].lower, "has" | "have" | "had") {
        be.checked_sub(2)?
    } else {
        be - 1
    };
    let subject = &x[all[0].start..all[subject_end].end];
    if subject_end == 0 && THAT.contains(&&*all[0].lower) {
        return None;
    }
    let last = all.last()?;
    if last.start <= all[be].start {
        return None;
    }
    if DONE.contains(&&*last.lower) {
        return Some(format!("complete {subject}"));
    }
    let base = grammar
        .base_form(&last.lower)
        .filter(|_| !last.lower.ends_with("ing"))?;
    Some(format!("{base} {subject}"))
}
