//! Words, numbers and signs of a text, as far as arithmetic needs them.

use crate::llm::offline::words::is_unspaced;

/// Beginnings of words that tell a German text, which writes 1.200,50.
const GERMAN: [&str; 6] = [" und ", " von ", "summe", "berechn", "was ist", "wie viel"];

/// One sign of a text. Thousands separators are gone from numbers, spelled-out operators are operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Number(String),
    Operator(char),
    Percent,
    Open,
    Close,
    Comma,
    /// In lower case.
    Word(String),
    /// Something no expression reaches across: the end of a sentence, an unknown sign.
    Break,
}

/// The tokens of a text. Hyphens and slashes without spaces count as operators only where something is to be
/// calculated, and never in what looks like a date: `3-5` is a range, `2026-01-31` a day, `and/or` neither.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let lower = text.to_ascii_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| lower.contains(sign));
    let calculates = has(&["calculat", "comput", "evaluat", "what is", "how much", "="])
        || has(&["berechn", "was ist", "wie viel"]);
    let (grouping, decimal) = if has(&GERMAN) { ('.', ',') } else { (',', '.') };
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let start = at;
        at += 1;
        match character {
            '0'..='9' => {
                at = number_end(&characters, start, grouping, decimal);
                let written = characters[start..at].iter().filter(|&&c| c != grouping);
                let written: String = written.map(|&c| if c == decimal { '.' } else { c }).collect();
                let glued = characters.get(at).is_some_and(|&c| is_of_word(c))
                    || characters.get(at) == Some(&'.')
                        && characters.get(at + 1).is_some_and(char::is_ascii_digit);
                if glued {
                    // A version, an ordinal, a name: `1.2.3`, `3rd`, `7b`.
                    while characters.get(at).is_some_and(|&c| is_of_word(c) || c == '.') {
                        at += 1;
                    }
                    tokens.push(Token::Break);
                } else {
                    tokens.push(Token::Number(written));
                }
            }
            c if is_of_word(c) => {
                while characters.get(at).is_some_and(|&c| is_of_word(c) || c == '\'') {
                    at += 1;
                }
                let word: String = characters[start..at].iter().collect::<String>().to_lowercase();
                push_word(&mut tokens, word);
            }
            '-' | '/' | '−' | '–' => {
                let spaced = |c: Option<&char>| c.is_none_or(|c| !c.is_ascii_digit());
                let glued = start > 0 && !spaced(characters.get(start - 1)) && !spaced(characters.get(at));
                let day = glued && (looks_dated(&characters, start, at));
                let operator = if character == '/' { '/' } else { '-' };
                tokens.push(if glued && (!calculates || day || character == '–') {
                    Token::Break
                } else {
                    Token::Operator(operator)
                });
            }
            '+' => tokens.push(Token::Operator('+')),
            '*' | '×' | '·' => tokens.push(Token::Operator('*')),
            '÷' => tokens.push(Token::Operator('/')),
            '%' => tokens.push(Token::Percent),
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ',' => tokens.push(Token::Comma),
            '&' => tokens.push(Token::Word("and".to_owned())),
            ' ' | '\t' | '$' | '€' | '£' | '¥' | '"' | '\'' | '`' | '“' | '”' => {}
            _ => tokens.push(Token::Break),
        }
    }
    tokens
}

/// Letters and digits that make words and names; those of scripts without spaces stand for themselves.
fn is_of_word(character: char) -> bool {
    (character.is_alphanumeric() || character == '_') && !is_unspaced(character)
}

/// The end of the number that begins at `at`: digits, groups of three, decimals.
fn number_end(characters: &[char], mut at: usize, grouping: char, decimal: char) -> usize {
    let digit = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
    let start = at;
    while digit(at) {
        at += 1;
    }
    while at - start > 0
        && characters.get(at) == Some(&grouping)
        && (1..=3).all(|by| digit(at + by))
        && !digit(at + 4)
    {
        at += 4;
    }
    if characters.get(at) == Some(&decimal) && digit(at + 1) {
        at += 1;
        while digit(at) {
            at += 1;
        }
    }
    at
}

/// Whether the digits around a sign look like a part of a date: a year, or a leading zero.
fn looks_dated(characters: &[char], start: usize, after: usize) -> bool {
    let digits = |c: &&char| c.is_ascii_digit();
    let before: String = characters[..start]
        .iter()
        .rev()
        .take(5)
        .take_while(digits)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect();
    let behind: String = characters[after..].iter().take(5).take_while(digits).collect();
    [before, behind].iter().any(|part| {
        part.len() > 1 && part.starts_with('0')
            || part.len() == 4 && (part.starts_with("19") || part.starts_with("20"))
    })
}

fn push_word(tokens: &mut Vec<Token>, word: String) {
    let token = match word.as_str() {
        "und" => Token::Word("and".to_owned()),
        "plus" => Token::Operator('+'),
        "minus" => Token::Operator('-'),
        "times" | "x" | "mal" => Token::Operator('*'),
        "percent" | "prozent" => Token::Percent,
        "by" => match tokens.last() {
            Some(Token::Word(last)) if last == "multiplied" => {
                tokens.pop();
                Token::Operator('*')
            }
            Some(Token::Word(last)) if last == "divided" => {
                tokens.pop();
                Token::Operator('/')
            }
            _ => Token::Word(word),
        },
        _ => Token::Word(word),
    };
    tokens.push(token);
}
