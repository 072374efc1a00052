//! What the words of the task themselves give a step: what they state besides asking, and whom they name.

use std::collections::HashSet;

use super::{
    quantities::is_unit,
    wording::enumerated,
    words::{is_unspaced, stems},
};
use crate::llm::{
    prompt::StepPrompt,
    prose::{closed, condensed, sentences},
};

/// Statements and names that are shown.
const MAX_GIVEN: usize = 6;
const MAX_NAMES: usize = 6;

/// Beginnings of verbs whose object names what is told: `Summarize the invoices: …` tells the invoices.
const TELLING_VERBS: [&str; 13] = [
    "summar", "analy", "describ", "explain", "list", "review", "check", "assess", "evaluat", "outlin",
    "present", "report", "note",
];

/// What the task states for a step.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// What the one statement is about, if the step's own words lead up to it.
    subject: Option<String>,
    pub(super) statements: Vec<String>,
}

impl Given {
    /// Reads the step's own words, then what is to be kept in mind; if neither states anything, what the whole task
    /// says behind a colon on the step's subject.
    pub(super) fn of(step: &StepPrompt) -> Self {
        let own_words = step.own_words();
        let title = match step.title.trim() {
            "" => sentences(&own_words).first().copied().unwrap_or_default(),
            title => title,
        };
        // What stands behind a colon is stated, also where it is part of the title.
        let title = title.split_once(": ").map_or(title, |(asked, _)| asked);
        let asked: HashSet<String> = stems(title).into_iter().collect();
        let own = sentences(&own_words);
        let asks = asking(&own, title, &asked);
        let mut given = Self::default();
        for (at, sentence) in own.into_iter().enumerate() {
            let sentence = sentence.trim_start_matches(['-', '*', '•', ' ']);
            let behind = beyond(sentence, title);
            match (behind, sentence.split_once(": ")) {
                (Some(rest), _) if rest.starts_with([':', '：']) => {
                    given.subject = subject(title);
                    given.add(rest.trim_start_matches([':', '：', ' ']), &HashSet::new());
                }
                (None, Some((_, rest))) if at == asks => given.add(rest, &asked),
                // In other words than the title: it asks, and only figures in it state something.
                (None, None) if at == asks && !sentence.contains(char::is_numeric) => {}
                _ => given.add(sentence, &asked),
            }
        }
        for fact in step.kept_in_mind() {
            given.add(fact, &asked);
        }
        if given.statements.is_empty() {
            for sentence in sentences(&step.task) {
                match sentence.split_once(": ") {
                    Some((head, tail)) if stems(head).iter().any(|stem| asked.contains(stem)) => {
                        given.add(tail, &asked);
                    }
                    _ => {}
                }
            }
        }
        given
    }

    /// Adds what says more than what is known.
    fn add(&mut self, text: &str, known: &HashSet<String>) {
        if self.statements.len() == MAX_GIVEN {
            return;
        }
        let text = closed(&condensed(text, 240));
        let says_more = stems(&text).iter().any(|stem| !known.contains(stem));
        if says_more && !self.statements.contains(&text) {
            self.statements.push(text);
        }
    }

    /// One sentence, or a line that leads up to a list; empty if nothing is stated.
    pub(super) fn told(&self) -> String {
        match (self.statements.as_slice(), &self.subject) {
            ([], _) => String::new(),
            ([one], Some(subject)) => format!("{subject}: {one}"),
            ([one], None) => format!("The task states: {one}"),
            (several, _) => format!("The task states:\n\n- {}", several.join("\n- ")),
        }
    }
}

/// Place of the sentence that asks for the step: the one that begins with its title or shares most of its words,
/// else the first.
fn asking(sentences: &[&str], title: &str, asked: &HashSet<String>) -> usize {
    let shares = |sentence: &&str| {
        let stems: HashSet<String> = stems(sentence).into_iter().collect();
        beyond(sentence, title).is_some() || stems.intersection(asked).count() * 2 > asked.len()
    };
    sentences.iter().position(shares).unwrap_or_default()
}

/// What a sentence says behind the words of a title it begins with.
fn beyond<'a>(sentence: &'a str, title: &str) -> Option<&'a str> {
    let mut rest = sentence.chars();
    let mut title = title.chars().flat_map(char::to_lowercase).peekable();
    while title.peek().is_some() {
        let same = rest.next()?.to_lowercase().all(|c| title.next() == Some(c));
        if !same {
            return None;
        }
    }
    Some(rest.as_str())
}

/// `The overdue invoices` for `Summarize the overdue invoices`.
fn subject(title: &str) -> Option<String> {
    let (verb, object) = title.split_once(' ')?;
    let verb = verb.to_lowercase();
    let mut characters = object.chars();
    let first = characters.next()?;
    TELLING_VERBS
        .iter()
        .any(|start| verb.starts_with(start))
        .then(|| first.to_uppercase().chain(characters).collect())
}

/// A sentence on a step that has nothing to work from but its words.
pub(super) fn nothing_stated(step: &StepPrompt) -> String {
    let own_words = step.own_words();
    let mut names = names_in(&own_words);
    if names.is_empty() {
        names = names_in(&step.task);
    }
    let short = condensed(&own_words, 120);
    let lack = match names.as_slice() {
        [] if short.is_empty() => "There is nothing to work from".to_owned(),
        [] => format!(
            "Beyond the words “{}” there is nothing to work from",
            short.trim_end_matches(['.', '。'])
        ),
        [one] => format!("The task names {one} and states nothing more about it"),
        several => format!(
            "The task names {} and states nothing more about them",
            enumerated(several)
        ),
    };
    format!("{lack}; facts in the task or in memory would be used.")
}

/// Names, as far as capitals tell them: words with a capital inside a sentence, or with one inside the word.
fn names_in(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for sentence in sentences(text) {
        let mut run: Vec<&str> = Vec::new();
        let parts = sentence.split(|c: char| c.is_whitespace() || is_unspaced(c) || "、，：".contains(c));
        for (at, raw) in parts.chain([""]).enumerate() {
            let word = raw.trim_matches(|c: char| !c.is_alphanumeric());
            let capital_inside = word.chars().skip(1).any(char::is_uppercase);
            let is_name = word.chars().count() > 1
                && word.starts_with(char::is_alphabetic)
                && (capital_inside || at > 0 && word.starts_with(char::is_uppercase))
                && !is_unit(word);
            if is_name {
                run.push(word);
            }
            // A comma or bracket ends a name; so does any other word.
            if !is_name || !raw.ends_with(char::is_alphanumeric) {
                let name = std::mem::take(&mut run).join(" ");
                if !name.is_empty() && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
    }
    names.truncate(MAX_NAMES);
    names
}
