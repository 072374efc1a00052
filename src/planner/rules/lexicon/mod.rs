//! The words of each language the rules know.
//!
//! To add a language: a file with one [`Lexicon`] and a line in [`ALL`]; its words decide when it is chosen.
//! Text in a language that is not here is read with the English one, in which an unknown first word starts a step.

mod english;
mod english_verbs;
mod french;
mod german;
mod italian;
mod portuguese;
mod spanish;

use std::collections::HashSet;

use super::text::{Word, words};

/// The words of one language, lower case. Texts are words between blanks; phrases have single blanks in them.
pub(super) struct Lexicon {
    pub english: bool,
    /// Mid-sentence verbs are written small and nouns large (German).
    pub nouns_are_capitalised: bool,
    /// Common words that tell the language.
    pub telling: &'static str,
    /// Stems of verbs that ask for work; a verb is a stem and one of `endings`.
    pub verbs: &'static str,
    pub endings: &'static [&'static str],
    /// Verb forms that are nouns as well: after "and" they need an object to count as verbs.
    pub doubtful: &'static str,
    /// Words that begin an object: articles, pronouns, small numbers.
    pub articles: &'static [&'static str],
    pub and: &'static [&'static str],
    pub first: &'static [&'static str],
    pub then: &'static [&'static str],
    pub finally: &'static [&'static str],
    pub parallel: &'static [&'static str],
    pub before_that: &'static [&'static str],
    /// "After X, Y", "once X, Y".
    pub after: &'static [&'static str],
    /// "Before X, Y".
    pub before: &'static [&'static str],
    pub conditional: &'static [&'static str],
    /// Words of courtesy and wish in front of a verb.
    pub polite: &'static [&'static str],
    pub greetings: &'static [&'static str],
    pub questions: &'static [&'static str],
    /// Beginnings of sentences that say how, not what.
    pub constraints: &'static [&'static str],
    /// Words that begin a statement.
    pub subjects: &'static [&'static str],
    /// Finite verbs of statements.
    pub finite: &'static [&'static str],
    /// Labels before a colon that carry facts: "Deadline: Friday".
    pub labels: &'static [&'static str],
    /// Words that open a subordinate clause: an "and" after them joins inside it.
    pub relative: &'static [&'static str],
    pub prepositions: &'static [&'static str],
    /// Stems of verbs that are carried out for each of their objects.
    pub spread: &'static [&'static str],
    /// Those of them that need all results side by side.
    pub compare: &'static [&'static str],
    /// Stems of verbs whose text to work on follows a colon.
    pub transform: &'static [&'static str],
    /// "In this order", in the line before a list.
    pub in_order: &'static [&'static str],
}

/// Every language, English first: it wins ties.
static ALL: [&Lexicon; 6] = [
    &english::LEXICON,
    &german::LEXICON,
    &french::LEXICON,
    &spanish::LEXICON,
    &italian::LEXICON,
    &portuguese::LEXICON,
];

/// A lexicon made quick to ask.
pub(super) struct Grammar {
    pub lexicon: &'static Lexicon,
    verbs: HashSet<&'static str>,
    doubtful: HashSet<&'static str>,
    /// First words of all ordering words and courtesies.
    openers: HashSet<&'static str>,
}

impl Grammar {
    /// The grammar whose words are most frequent at the beginning of the text.
    pub(super) fn of(text: &str) -> Self {
        let sample = text
            .char_indices()
            .nth(3_000)
            .map_or(text, |(end, _)| &text[..end]);
        let sample = words(sample);
        let mut best = (0, &english::LEXICON);
        for lexicon in ALL {
            let grammar = Self::new(lexicon);
            let telling: HashSet<&str> = lexicon.telling.split_whitespace().collect();
            let hits = |word: &Word<'_>| {
                2 * usize::from(telling.contains(&*word.lower)) + usize::from(grammar.is_verb(word))
            };
            let score = sample.iter().map(hits).sum();
            if score > best.0 {
                best = (score, lexicon);
            }
        }
        Self::new(best.1)
    }

    fn new(lexicon: &'static Lexicon) -> Self {
        let phrases = [
            lexicon.then,
            lexicon.finally,
            lexicon.parallel,
            lexicon.first,
            lexicon.before_that,
            lexicon.polite,
            lexicon.after,
            lexicon.before,
        ];
        let openers = phrases
            .iter()
            .flat_map(|list| list.iter())
            .filter_map(|phrase| phrase.split(' ').next());
        Self {
            lexicon,
            verbs: lexicon.verbs.split_whitespace().collect(),
            doubtful: lexicon.doubtful.split_whitespace().collect(),
            openers: openers.collect(),
        }
    }

    /// Whether an ordering word, a courtesy or a condition can begin with this word: a quick no for most.
    pub(super) fn may_open(&self, word: &Word<'_>) -> bool {
        self.openers.contains(&*word.lower)
    }

    /// Whether the word can be a verb that asks for work.
    pub(super) fn is_verb(&self, word: &Word<'_>) -> bool {
        self.is_verb_form(&word.lower)
    }

    pub(super) fn is_verb_form(&self, lower: &str) -> bool {
        self.lexicon.endings.iter().any(|ending| {
            lower
                .strip_suffix(ending)
                .is_some_and(|stem| !stem.is_empty() && self.verbs.contains(stem))
        })
    }

    /// Whether the verb form is a noun as well.
    pub(super) fn is_doubtful(&self, lower: &str) -> bool {
        self.doubtful.contains(lower)
    }

    /// The English base form of `analyzing` or `analyzed`, if the verb is known.
    pub(super) fn base_form(&self, lower: &str) -> Option<String> {
        if !self.lexicon.english {
            return None;
        }
        if let Some(base) = english_verbs::irregular(lower) {
            return Some(base.to_owned());
        }
        let stem = lower.strip_suffix("ing").or_else(|| lower.strip_suffix("ed"))?;
        let undoubled = stem
            .char_indices()
            .next_back()
            .map_or("", |(last, _)| &stem[..last]);
        let candidates = [
            format!("{stem}e"),
            stem.to_owned(),
            undoubled.to_owned(),
            format!("{undoubled}y"),
        ];
        candidates.into_iter().find(|form| self.is_verb_form(form))
    }
}

/// Number of words of the longest of the phrases that stands at `at`.
pub(super) fn phrase_at(words: &[Word<'_>], at: usize, phrases: &[&str]) -> Option<usize> {
    let first = words.get(at)?;
    let fits = |phrase: &str| {
        let mut length = 0;
        for part in phrase.split(' ') {
            if words.get(at + length).is_none_or(|word| word.lower != part) {
                return None;
            }
            length += 1;
        }
        Some(length)
    };
    phrases
        .iter()
        .filter(|phrase| phrase.starts_with(&*first.lower))
        .filter_map(|phrase| fits(phrase))
        .max()
}

/// Whether one of the phrases stands anywhere in the words.
pub(super) fn has_phrase(words: &[Word<'_>], phrases: &[&str]) -> bool {
    (0..words.len()).any(|at| phrase_at(words, at, phrases).is_some())
}
