//! What an answer has said so far, so that it says nothing twice.

use std::collections::HashSet;

use crate::llm::prose::sentences;

/// Sentences shorter than this may stand inside others by chance, in characters.
const MIN_INSIDE_CHARS: usize = 12;

/// The sentences that were written, in a form that layout and marks do not change.
#[derive(Debug, Default)]
pub(super) struct Said {
    told: HashSet<String>,
    /// All of them, a line each.
    joined: String,
}

impl Said {
    /// Takes note of a text.
    pub(super) fn note(&mut self, text: &str) {
        for sentence in sentences(text) {
            self.add(normal(sentence));
        }
    }

    /// The sentences of a text that were not said before, which they are from now on; empty if all were.
    pub(super) fn fresh(&mut self, text: &str) -> String {
        let mut fresh = Vec::new();
        for sentence in sentences(text) {
            let form = normal(sentence);
            let may_be_inside = form.chars().count() >= MIN_INSIDE_CHARS;
            let is_told = self.told.contains(&form) || may_be_inside && self.joined.contains(&form);
            if !is_told {
                self.add(form);
                fresh.push(sentence);
            }
        }
        fresh.join(" ")
    }

    fn add(&mut self, form: String) {
        if !self.told.contains(&form) {
            self.joined.push_str(&form);
            self.joined.push('\n');
            self.told.insert(form);
        }
    }
}

/// The letters and digits, in lower case, with one space between words and around all.
fn normal(sentence: &str) -> String {
    let words: Vec<String> = sentence
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    format!(" {} ", words.join(" "))
}
