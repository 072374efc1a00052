//! Ordering words and courtesy at the beginning and the end of a clause: "then", "finally", "in parallel", "please".
//!
//! The words are in the lexicons; to add a kind of ordering word, add a field there and a case in [`lead`].

use super::lexicon::{Grammar, phrase_at};
use super::text::Word;

/// How a step stands to what was read before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// After the step or the group before it.
    Chain,
    /// Beside the step before it.
    Parallel,
    /// After everything so far.
    Join,
    /// Before the step before it.
    BeforeLast,
}

/// What was read off the beginning of a clause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lead {
    /// `None` where no word says.
    pub link: Option<Link>,
    /// "Then, in parallel, …": the clause's parts stand beside each other, after what was before.
    pub parallel: bool,
    /// Any ordering word or courtesy was there: the clause asks for work.
    pub asks: bool,
    /// The first word of the clause proper.
    pub at: usize,
}

/// Ordering words that are common words as well: they count before a comma or a verb only.
const DOUBTFUL: &[&str] = &[
    "next",
    "last",
    "later",
    "second",
    "third",
    "fourth",
    "fifth",
    "first",
    "prima",
    "dopo",
    "segundo",
    "tercero",
    "darauf",
    "alongside",
    "independently",
    "dann",
    "quindi",
    "después",
    "depois",
    "então",
    "entonces",
    "parallel",
    "später",
    "primero",
    "primeiro",
    "start with",
    "begin with",
    "in the end",
    "prior to",
];

/// Reads ordering words and courtesy from the word `at` on.
pub(super) fn lead(text: &str, words: &[Word<'_>], at: usize, grammar: &Grammar) -> Lead {
    let mut lead = Lead {
        link: None,
        parallel: false,
        asks: false,
        at,
    };
    let mut chained = false;
    let and = words
        .get(at)
        .is_some_and(|word| grammar.lexicon.and.contains(&&*word.lower));
    if and && at + 1 < words.len() {
        lead.at += 1;
    }
    while let Some((kind, length)) = marker(words, lead.at, grammar) {
        let next = lead.at + length;
        if next >= words.len() || !counts(text, words, lead.at, next, kind, grammar) {
            break;
        }
        // "Please keep it short" is a rule still.
        lead.asks |= kind != Kind::Polite || words.get(next).is_some_and(|word| grammar.is_verb(word));
        lead.at = next;
        match kind {
            Kind::Parallel => lead.parallel = true,
            Kind::Then => chained = true,
            Kind::Finally => lead.link = Some(Link::Join),
            Kind::BeforeThat => lead.link = Some(Link::BeforeLast),
            Kind::First | Kind::Polite => {}
        }
    }
    if lead.link.is_none() {
        lead.link = match (chained, lead.parallel) {
            (true, _) => Some(Link::Chain),
            (false, true) => Some(Link::Parallel),
            (false, false) => None,
        };
    }
    lead.parallel &= chained;
    lead
}

/// Word index where a closing "in parallel" or "at the end" begins, and the link it means.
pub(super) fn trail(words: &[Word<'_>], grammar: &Grammar) -> Option<(usize, Link)> {
    let from = words.len().saturating_sub(6).max(1);
    let ends =
        |at: usize, phrases| phrase_at(words, at, phrases).is_some_and(|length| at + length == words.len());
    (from..words.len()).find_map(|at| {
        if words[at].shielded || !grammar.may_open(&words[at]) {
            return None;
        }
        if ends(at, grammar.lexicon.parallel) {
            return Some((at, Link::Parallel));
        }
        (words.len() - at > 1 && ends(at, grammar.lexicon.finally)).then_some((at, Link::Join))
    })
}

/// Whether an ordering word stands at `at`, whatever follows.
pub(super) fn orders(words: &[Word<'_>], at: usize, grammar: &Grammar) -> bool {
    matches!(
        marker(words, at, grammar),
        Some((Kind::Then | Kind::Finally | Kind::Parallel | Kind::BeforeThat, _))
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    First,
    Then,
    Finally,
    Parallel,
    BeforeThat,
    Polite,
}

fn marker(words: &[Word<'_>], at: usize, grammar: &Grammar) -> Option<(Kind, usize)> {
    words.get(at).filter(|word| grammar.may_open(word))?;
    let lexicon = grammar.lexicon;
    let kinds = [
        (Kind::Then, lexicon.then),
        (Kind::Finally, lexicon.finally),
        (Kind::Parallel, lexicon.parallel),
        (Kind::First, lexicon.first),
        (Kind::BeforeThat, lexicon.before_that),
        (Kind::Polite, lexicon.polite),
    ];
    let longest = |phrases| phrase_at(words, at, phrases);
    let found = kinds
        .into_iter()
        .filter_map(|(kind, phrases)| Some((kind, longest(phrases)?)));
    let (kind, length) = found.max_by_key(|(_, length)| *length)?;
    // "After that" is an ordering word, "after that meeting, …" and "después de comer, …" are not.
    let clause = longest(lexicon.after).max(longest(lexicon.before));
    clause
        .is_none_or(|clause| clause <= length)
        .then_some((kind, length))
}

fn counts(text: &str, words: &[Word<'_>], at: usize, next: usize, kind: Kind, grammar: &Grammar) -> bool {
    let gap = &text[words[next - 1].end..words[next].start];
    if gap.contains([',', ':', '，', '-', '–']) {
        return true;
    }
    let before_verb = |at: usize| {
        words
            .get(at)
            .is_some_and(|word| grammar.is_verb(word) || grammar.base_form(&word.lower).is_some())
    };
    let rule = kind == Kind::Polite && phrase_at(words, next, grammar.lexicon.constraints).is_some();
    if before_verb(next) || rule || marker(words, next, grammar).is_some() {
        return true;
    }
    let phrase = &text[words[at].start..words[next - 1].end].to_lowercase();
    kind != Kind::Polite && kind != Kind::First && !DOUBTFUL.contains(&&**phrase)
        // "Dann die API bauen", "then the report": after a comma it was checked above, here a sentence begins.
        || (at == 0 && kind == Kind::Then && phrase == "dann")
}
