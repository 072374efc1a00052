//! Whether a sentence repeats texts that are known, whole, in part, or shortened.
//!
//! Goes by runs of words in common, so that layout, quotation marks and the words around a quote do not hide it.
//! Scripts without spaces between words count by characters.

use std::collections::HashSet;

/// Words in a row that are no coincidence.
const RUN: usize = 4;

/// Words in a row that are a quote, whatever stands around them.
const QUOTE: usize = 9;

/// Texts to be recognised.
#[derive(Debug)]
pub(super) struct Known {
    texts: Vec<Vec<String>>,
    runs: HashSet<Vec<String>>,
}

/// Which words of a sentence are known.
struct Match {
    known: Vec<bool>,
    /// Words of the longest known run.
    longest: usize,
    /// A known text stands in it as a whole.
    holds_all: bool,
    /// A word with a digit that is not known.
    has_new_number: bool,
}

impl Known {
    pub(super) fn of(texts: &[String]) -> Self {
        let texts: Vec<Vec<String>> = texts
            .iter()
            .map(|text| tokens(text))
            .filter(|tokens| !tokens.is_empty())
            .collect();
        let runs = texts
            .iter()
            .flat_map(|text| text.windows(RUN))
            .map(<[String]>::to_vec)
            .collect();
        Self { texts, runs }
    }

    /// Whether the sentence quotes a known text or is mostly made of one: nothing of it may be kept.
    pub(super) fn quoted_in(&self, sentence: &str) -> bool {
        let found = self.matched(&tokens(sentence));
        found.holds_all || found.longest >= QUOTE || found.is_repetition(2)
    }

    /// Whether the sentence says nothing that is not known: it may name what is known and say something new on it.
    pub(super) fn said_by(&self, sentence: &str) -> bool {
        self.matched(&tokens(sentence)).is_repetition(3)
    }

    fn matched(&self, sentence: &[String]) -> Match {
        let mut known = vec![false; sentence.len()];
        let (mut longest, mut holds_all) = (0, false);
        let mut until = 0;
        let mut start = 0;
        for (at, run) in sentence.windows(RUN).enumerate() {
            if self.runs.contains(run) {
                // A run that does not overlap the one before begins anew.
                if at >= until {
                    start = at;
                }
                until = at + RUN;
                longest = longest.max(until - start);
                known[at..until].fill(true);
            }
        }
        for text in &self.texts {
            let fits = |(long, short): (&[String], &[String])| {
                long.windows(short.len().max(1)).position(|run| run == short)
            };
            if text.len() > 1
                && let Some(at) = fits((sentence, text))
            {
                holds_all = true;
                known[at..at + text.len()].fill(true);
            }
            if sentence.len() < RUN && fits((text, sentence)).is_some() {
                known.fill(true);
            }
        }
        let numbers = sentence
            .iter()
            .zip(&known)
            .filter(|(word, _)| word.contains(char::is_numeric));
        let has_new_number = numbers
            .filter(|(_, known)| !**known)
            .any(|(word, _)| !self.texts.iter().any(|text| text.contains(word)));
        Match {
            known,
            longest,
            holds_all,
            has_new_number,
        }
    }
}

impl Match {
    /// All but one part in `parts` of it is known, and no number is new.
    fn is_repetition(&self, parts: usize) -> bool {
        let known = self.known.iter().filter(|known| **known).count();
        known > 0 && known * parts >= self.known.len() * (parts - 1) && !self.has_new_number
    }
}

/// The words and numbers of a text in lower case; numbers keep their decimals.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut characters = text.chars().flat_map(char::to_lowercase).chain([' ']).peekable();
    while let Some(character) = characters.next() {
        let is_decimal = matches!(character, '.' | ',')
            && word.ends_with(|c: char| c.is_ascii_digit())
            && characters.peek().is_some_and(char::is_ascii_digit);
        let is_unspaced = is_unspaced(character);
        if (character.is_alphanumeric() || is_decimal) && !is_unspaced {
            word.push(character);
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if is_unspaced {
            tokens.push(character.to_string());
        }
    }
    tokens
}

/// Letters of Thai, Japanese and Chinese.
fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{e00}'..='\u{e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
        && character.is_alphanumeric()
}
