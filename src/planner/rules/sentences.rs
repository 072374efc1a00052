//! Cuts a paragraph into sentences, leaving abbreviations, numbers, addresses, quotes and code whole.
//!
//! To add an abbreviation: a word in [`ALWAYS`] (never the end of a sentence) or [`OFTEN`] (sometimes the end).

use super::lexicon::{Grammar, phrase_at};
use super::text::{is_cjk, shields, words};

/// Abbreviations something always follows.
const ALWAYS: &[&str] = &[
    "e.g", "i.e", "vs", "cf", "mr", "mrs", "ms", "dr", "prof", "st", "fig", "eq", "nr", "z.b", "d.h", "u.a",
    "o.g", "bzgl", "evtl", "ggf", "inkl", "exkl", "abs", "tel", "p.ex", "p.ej", "mme", "sr", "sra", "sig",
    "approx", "resp", "incl", "excl", "bsp", "vgl", "zzgl", "sog", "dept", "vol", "ca", "eg", "ie",
];

/// Abbreviations that may also end a sentence.
const OFTEN: &[&str] = &[
    "etc", "inc", "ltd", "co", "corp", "usw", "bzw", "al", "a.m", "p.m", "jr", "mio", "mrd", "ecc", "gmbh",
    "no", "min", "max", "est", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov",
    "dec", "okt", "dez",
];

/// Byte ranges of the sentences of a paragraph, without the blanks around them.
pub(super) fn split(text: &str, grammar: &Grammar) -> Vec<(usize, usize)> {
    let shields = shields(text);
    let mut shield = shields.iter().peekable();
    let mut ranges = Vec::new();
    let mut start = 0;
    let mut judged = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        while shield.peek().is_some_and(|span| span.1 <= at) {
            shield.next();
        }
        if shield
            .peek()
            .is_some_and(|span| span.0 < at && at + c.len_utf8() < span.1)
        {
            continue;
        }
        // One look per run of marks: "....." is judged once.
        if at < judged && c != '\n' {
            continue;
        }
        let end = match c {
            '\n' => line_ends_here(&text[start..at], &text[at + 1..], grammar).then_some(at),
            '。' | '！' | '？' | '．' | '।' | '۔' | '؟' => Some(after_marks(text, at)),
            '.' | '!' | '?' | '…' | '"' | '”' | '»' => {
                judged = after_marks(text, at);
                stop(text, start, at, c, grammar)
            }
            _ => None,
        };
        if let Some(end) = end {
            push(text, start, end, &mut ranges);
            start = end;
            while chars.peek().is_some_and(|&(next, _)| next < end) {
                chars.next();
            }
        }
    }
    push(text, start, text.len(), &mut ranges);
    ranges
}

fn push(text: &str, start: usize, end: usize, ranges: &mut Vec<(usize, usize)>) {
    let piece = &text[start..end];
    let trimmed = piece.trim_start();
    let start = start + piece.len() - trimmed.len();
    let trimmed = trimmed.trim_end();
    if !trimmed.is_empty() {
        ranges.push((start, start + trimmed.len()));
    }
}

/// End of the sentence if the mark at `at` ends one.
fn stop(text: &str, start: usize, at: usize, mark: char, grammar: &Grammar) -> Option<usize> {
    if matches!(mark, '"' | '”' | '»') && !text[..at].ends_with(['.', '!', '?']) {
        return None;
    }
    let end = after_marks(text, at);
    let rest = &text[end..];
    if rest.is_empty() {
        return Some(end);
    }
    let glued = !rest.starts_with(char::is_whitespace);
    if glued && !(rest.starts_with(is_cjk) && mark != '.') {
        return None;
    }
    if mark == '…' && rest.trim_start().starts_with(char::is_lowercase) {
        return None;
    }
    if matches!(mark, '"' | '”' | '»') {
        return begins_sentence(rest, grammar).then_some(end);
    }
    if mark != '.' || text[at + 1..end].contains(['!', '?']) {
        return Some(end);
    }
    let token = text[start..at]
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let token = token
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    let next = rest.trim_start().chars().next();
    if ALWAYS.contains(&&*token) {
        return None;
    }
    let initials = token
        .split('.')
        .all(|part| part.chars().count() == 1 && part.starts_with(char::is_alphabetic));
    let ordinal = grammar.lexicon.nouns_are_capitalised
        && token.len() <= 2
        && token.bytes().all(|b| b.is_ascii_digit());
    if OFTEN.contains(&&*token) || initials || ordinal {
        let capital = next.is_some_and(char::is_uppercase);
        return (capital && begins_sentence(rest, grammar)).then_some(end);
    }
    Some(end)
}

/// End of a run of stops and closing quotes that begins at `at`.
fn after_marks(text: &str, at: usize) -> usize {
    let is_closing = |c: char| {
        matches!(
            c,
            '.' | '!'
                | '?'
                | '…'
                | '。'
                | '！'
                | '？'
                | ')'
                | ']'
                | '"'
                | '”'
                | '»'
                | '」'
                | '』'
                | '）'
                | '*'
                | '_'
        )
    };
    text[at..]
        .char_indices()
        .skip(1)
        .find(|&(_, c)| !is_closing(c))
        .map_or(text.len(), |(end, _)| at + end)
}

/// Whether what follows starts like a new sentence: a verb or an ordering word.
fn begins_sentence(rest: &str, grammar: &Grammar) -> bool {
    let window = rest.char_indices().nth(80).map_or(rest, |(end, _)| &rest[..end]);
    let words = words(window);
    let lexicon = grammar.lexicon;
    words.first().is_some_and(|word| grammar.is_verb(word))
        || [
            lexicon.then,
            lexicon.finally,
            lexicon.parallel,
            lexicon.first,
            lexicon.polite,
            lexicon.subjects,
        ]
        .iter()
        .any(|phrases| phrase_at(&words, 0, phrases).is_some())
}

/// Whether a line break separates two sentences, or only wraps one.
fn line_ends_here(before: &str, after: &str, grammar: &Grammar) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default().trim_end();
    let next = after.split('\n').next().unwrap_or_default().trim_start();
    if line.is_empty() || next.is_empty() {
        return true;
    }
    if line.ends_with([',', '，', '、', '-', '–', '&', '/']) {
        return false;
    }
    let window = line.char_indices().nth(70).map_or(line, |(end, _)| &line[..end]);
    let short = window.len() == line.len();
    if next.starts_with(char::is_lowercase) {
        return short
            && begins_sentence(next, grammar)
            && words(line).first().is_some_and(|word| grammar.is_verb(word));
    }
    short || begins_sentence(next, grammar)
}
