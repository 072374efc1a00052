//! Words and their stems: the ground of the offline embedder and of what the offline model finds important.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// English and German words that say little about a text.
const STOP_WORDS: &[&str] = &[
    "a", "about", "all", "also", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can",
    "could", "do", "does", "for", "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in",
    "into", "is", "it", "its", "me", "my", "no", "not", "of", "on", "or", "our", "she", "should", "so",
    "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "was",
    "we", "were", "what", "when", "where", "which", "who", "why", "will", "with", "would", "you", "your",
    "aber", "als", "am", "auch", "auf", "aus", "bei", "bin", "das", "dass", "dem", "den", "der", "des",
    "die", "du", "ein", "eine", "einem", "einen", "einer", "eines", "er", "es", "fur", "hat", "haben", "ich",
    "ihr", "im", "ist", "mit", "nach", "nicht", "noch", "nur", "oder", "sich", "sie", "sind", "und", "uns",
    "unser", "von", "vor", "war", "wie", "wir", "wird", "zu", "zum", "zur",
];

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    /// A stem of letters and digits.
    Stem(String),
    /// A word that says little.
    Stop(String),
    /// A run of characters of a script without spaces between words.
    Run(Vec<char>),
}

/// The words of a text after NFKC, in lower case, without accents on Latin, Greek and Cyrillic letters.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut run: Vec<char> = Vec::new();
    for character in folded(text).chars().chain([' ']) {
        let unspaced = is_unspaced(character);
        if !run.is_empty() && !unspaced {
            words.push(Word::Run(std::mem::take(&mut run)));
        }
        if unspaced {
            run.push(character);
        } else if character.is_alphanumeric() {
            word.push(character);
            continue;
        }
        if !word.is_empty() {
            words.push(classified(std::mem::take(&mut word)));
        }
    }
    words
}

/// The stems of a text that say something, in order.
pub(super) fn stems(text: &str) -> Vec<String> {
    words(text)
        .into_iter()
        .filter_map(|word| match word {
            Word::Stem(stem) => Some(stem),
            Word::Stop(_) => None,
            Word::Run(run) => Some(run.into_iter().collect()),
        })
        .collect()
}

fn classified(word: String) -> Word {
    if STOP_WORDS.contains(&word.as_str()) {
        Word::Stop(word)
    } else {
        Word::Stem(stem(&word))
    }
}

fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut foldable = false;
    for character in text.nfkc().flat_map(char::to_lowercase).nfd() {
        if is_combining_mark(character) {
            // Elsewhere marks are letters in all but name: vowels in Devanagari, voicing in Japanese.
            if !foldable {
                out.push(character);
            }
            continue;
        }
        foldable = character < '\u{530}';
        match character {
            'ß' => out.push_str("ss"),
            // An apostrophe belongs to its word: `don't`, `model's`.
            '\'' | '’' => {}
            other => out.push(other),
        }
    }
    out.nfc().collect()
}

/// Chinese, Japanese, Korean and Thai scripts: words are not set apart there.
pub(super) fn is_unspaced(character: char) -> bool {
    matches!(character,
        '\u{e00}'..='\u{e7f}' | '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A light stem of English and German words: it makes `invoice`, `invoices` and `invoicing` meet, and `Rechnung` and
/// `Rechnungen`. It knows endings, not words, so it also joins a few that only look alike.
fn stem(word: &str) -> String {
    if !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let mut stem = word.to_owned();
    if stem.len() > 4 && stem.ends_with("ies") {
        stem.truncate(stem.len() - 3);
        stem.push('y');
    } else if stem.len() > 3
        && stem.ends_with('s')
        && !["ss", "us", "is"].iter().any(|end| stem.ends_with(end))
    {
        stem.pop();
    }
    for ending in ["ing", "ed", "en", "er"] {
        let weak = matches!(ending, "en" | "er");
        let least = if weak { 4 } else { 3 };
        let Some(rest) = stem.strip_suffix(ending).filter(|rest| rest.len() >= least) else {
            continue;
        };
        if rest.contains(['a', 'e', 'i', 'o', 'u', 'y']) {
            stem.truncate(rest.len());
            undouble(&mut stem);
            break;
        }
    }
    if stem.len() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    if stem.len() > 2 && stem.ends_with('y') {
        stem.pop();
        stem.push('i');
    }
    stem
}

/// `run` for `runn`; `call` and `miss` stay.
fn undouble(stem: &mut String) {
    let bytes = stem.as_bytes();
    if let [.., before, last] = bytes
        && before == last
        && !matches!(last, b'a' | b'e' | b'i' | b'o' | b'u' | b'l' | b's' | b'z')
    {
        stem.pop();
    }
}
