//! Whether an expression is all of what was written: what stands beside it must not be arithmetic too.

use super::{
    grammar::word_at,
    tokens::{FUNCTIONS, Token},
};
use crate::llm::offline::words::is_unspaced;

const ARTICLES: [&str; 8] = ["the", "a", "an", "der", "die", "das", "la", "le"];

/// Words between what is applied and what it is applied to: `the root of 16 + 2`.
const OF: [&str; 8] = ["of", "von", "aus", "de", "des", "di", "van", "between"];

/// What may be had of an expression without changing its value.
const OF_HEADS: [&str; 18] = [
    "result",
    "value",
    "answer",
    "outcome",
    "calculation",
    "sum",
    "total",
    "ergebnis",
    "wert",
    "summe",
    "somme",
    "résultat",
    "somma",
    "berechnung",
    "price",
    "cost",
    "costs",
    "preis",
];

/// Words that ask for what follows, whatever stands in front of them.
const ASKING: [&str; 13] = [
    "calculate",
    "calculates",
    "compute",
    "evaluate",
    "is",
    "out",
    "berechne",
    "ist",
    "calculer",
    "calculez",
    "calculons",
    "bereken",
    "calcola",
];

/// Words that lead on to something else: `12 * 7 for 3 people`.
const PREPOSITIONS: [&str; 5] = ["for", "in", "on", "für", "pour"];

/// Words between two expressions.
const JOINERS: [&str; 6] = ["and", "then", "or", "dann", "oder", "et"];

/// Words that are arithmetic of their own, in front of a number or behind it.
const MATHEMATICAL: [&str; 64] = [
    "square",
    "squared",
    "cube",
    "cubed",
    "root",
    "wurzel",
    "quadrat",
    "half",
    "twice",
    "thrice",
    "double",
    "triple",
    "halb",
    "hälfte",
    "doppelt",
    "hundred",
    "thousand",
    "million",
    "millions",
    "billion",
    "billions",
    "trillion",
    "dozen",
    "hundert",
    "tausend",
    "millionen",
    "milliarde",
    "milliarden",
    "dutzend",
    "mille",
    "log",
    "ln",
    "lg",
    "exp",
    "sin",
    "cos",
    "tan",
    "sine",
    "cosine",
    "tangent",
    "mod",
    "modulo",
    "power",
    "raised",
    "choose",
    "factorial",
    "fakultät",
    "negative",
    "hoch",
    "geteilt",
    "divided",
    "multiplied",
    "durch",
    "floor",
    "ceil",
    "median",
    "average",
    "mean",
    "maximum",
    "minimum",
    "product",
    "quotient",
    "difference",
    "percentage",
];

/// Ends of words in front of an expression and beginnings behind it, in scripts without spaces.
const UNSPACED_BEFORE: [&str; 6] = ["计算", "計算", "算", "求", "是", "计算："];
const UNSPACED_BEHIND: [&str; 8] = ["是", "等", "的结果", "的值", "を", "は", "는", "은"];

/// Whether nothing beside `start..end` could belong to it. `taken` tells the tokens of all expressions.
pub(super) fn are_clear(tokens: &[Token], start: usize, end: usize, taken: &[bool]) -> bool {
    let is_taken = |at: usize| taken.get(at).copied().unwrap_or_default();
    is_clear_before(tokens, start, &is_taken) && is_clear_behind(tokens, end, &is_taken)
}

fn is_clear_before(tokens: &[Token], start: usize, is_taken: &impl Fn(usize) -> bool) -> bool {
    let Some(mut at) = start.checked_sub(1) else {
        return true;
    };
    while at > 0 && word_at(tokens, at).is_some_and(|word| ARTICLES.contains(&word)) {
        at -= 1;
    }
    let further = at.checked_sub(1);
    let ends_value = |at: usize| !matches!(tokens.get(at), Some(Token::Word(_) | Token::Comma { .. }));
    match &tokens[at] {
        Token::Comma { glued: false } => {
            further.is_none_or(|further| !ends_value(further) || is_taken(further))
        }
        Token::Word(word) if OF.contains(&word.as_str()) => further
            .and_then(|further| word_at(tokens, further))
            .is_some_and(|head| OF_HEADS.contains(&head)),
        Token::Word(word) if word.starts_with(is_unspaced) => {
            UNSPACED_BEFORE.iter().any(|opener| word.ends_with(opener))
        }
        Token::Word(word) if ASKING.contains(&word.as_str()) => true,
        Token::Word(word) if is_arithmetic(word) || FUNCTIONS.contains(&word.as_str()) => false,
        Token::Word(word) => further.is_none_or(|further| {
            !ends_value(further) || JOINERS.contains(&word.as_str()) && is_taken(further)
        }),
        _ => false,
    }
}

fn is_clear_behind(tokens: &[Token], end: usize, is_taken: &impl Fn(usize) -> bool) -> bool {
    let begins_value =
        |at: usize| !matches!(tokens.get(at), None | Some(Token::Word(_) | Token::Comma { .. }));
    match tokens.get(end) {
        None => true,
        Some(Token::Comma { glued: false }) => match word_at(tokens, end + 1) {
            Some(word) if JOINERS.contains(&word) => is_clear_behind(tokens, end + 1, is_taken),
            _ => !begins_value(end + 1) || is_taken(end + 1),
        },
        Some(Token::Word(word)) if word.starts_with(is_unspaced) => {
            UNSPACED_BEHIND.iter().any(|closer| word.starts_with(closer))
        }
        Some(Token::Word(word)) if is_arithmetic(word) => false,
        Some(Token::Word(word)) => {
            !begins_value(end + 1)
                || ASKING.contains(&word.as_str())
                || PREPOSITIONS.contains(&word.as_str())
                || JOINERS.contains(&word.as_str()) && is_taken(end + 1)
        }
        Some(_) => false,
    }
}

/// Whether digits behind a word may be arithmetic even without spaces: `is 10-4`, but not `running 24/7`.
pub(super) fn may_precede_unspaced(word: &str) -> bool {
    [&ASKING[..], &OF, &JOINERS]
        .iter()
        .any(|words| words.contains(&word))
        || word.starts_with(is_unspaced)
}

/// Whether a word changes what follows it: `square root of: 16`.
pub(super) fn is_applied(word: &str) -> bool {
    is_arithmetic(word) || OF.contains(&word)
}

/// Whether a word changes a number beside it; a single letter may be a variable or a unit.
pub(super) fn is_arithmetic(word: &str) -> bool {
    MATHEMATICAL.contains(&word) || word.chars().count() == 1 && word != "a"
}
