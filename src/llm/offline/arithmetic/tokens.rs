//! Words, numbers and signs of a text, as far as arithmetic needs them.

use super::{
    numbers::{Evidence, Number, Shape},
    surroundings::{is_applied, may_precede_unspaced},
};
use crate::llm::offline::words::is_unspaced;

/// Beginnings of words that tell a text in a language with decimal commas: German, French, Italian, Dutch.
const COMMA_LANGUAGES: [&str; 15] = [
    " und ",
    " von ",
    "summe",
    "berechn",
    "was ist",
    "wie viel",
    "wieviel",
    "rechne ",
    "calculer",
    "calculez",
    "somme ",
    "combien",
    "calcola",
    "quanto fa",
    "bereken",
];

/// Functions of the calculator, by their names there.
pub(super) const FUNCTIONS: [&str; 7] = ["sum", "avg", "min", "max", "round", "sqrt", "abs"];

/// One sign of a text. Spelled-out operators are operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Number(Number),
    Operator(char),
    /// A minus directly in front of a number or parenthesis, where no operator can be.
    Negative,
    Percent,
    /// The name of a function; [`Token::Open`] follows.
    Call(String),
    Open,
    Close,
    Comma {
        /// Digits stand directly on both sides.
        glued: bool,
    },
    /// In lower case.
    Word(String),
    /// The end of a sentence or clause: what stands behind it is something else.
    End,
    /// What is no part of any expression and must not stand beside one: a date, a version, an unknown sign.
    Unclear,
}

/// The tokens of a text. Hyphens and slashes without spaces count as operators only where something is to be
/// calculated, and never in what looks like a date: `3-5` is a range, `2026-01-31` a day, `and/or` neither.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let lower = text.to_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| lower.contains(sign));
    let characters: Vec<char> = text.chars().collect();
    let mut lexer = Lexer {
        characters: &characters,
        at: 0,
        calculates: has(&["calcul", "comput", "evaluat", "what is", "how much", "="])
            || has(&["berechn", "was ist", "wie viel", "wieviel"]),
        evidence: Evidence::of(has(&COMMA_LANGUAGES)),
        read: Vec::new(),
        open: Vec::new(),
    };
    while lexer.at < characters.len() {
        lexer.next();
    }
    let evidence = lexer.evidence;
    let read = lexer.read.into_iter();
    read.flat_map(|read| read.tokens(evidence)).collect()
}

/// A token, or a number that the rest of the text may decide.
pub(super) enum Read {
    Token(Token),
    Number(Shape),
    /// A comma between digits inside a function.
    GluedComma,
}

impl Read {
    fn tokens(self, evidence: Evidence) -> Vec<Token> {
        match self {
            Self::Token(token) => vec![token],
            Self::GluedComma if evidence.speaks_for_comma() => vec![Token::Unclear],
            Self::GluedComma => vec![Token::Comma { glued: true }],
            Self::Number(shape) => {
                let Some(numbers) = evidence.numbers(shape) else {
                    return vec![Token::Unclear];
                };
                let mut tokens = Vec::new();
                for number in numbers {
                    if !tokens.is_empty() {
                        tokens.push(Token::Comma { glued: true });
                    }
                    tokens.push(Token::Number(number));
                }
                tokens
            }
        }
    }
}

pub(super) struct Lexer<'a> {
    pub(super) characters: &'a [char],
    pub(super) at: usize,
    calculates: bool,
    pub(super) evidence: Evidence,
    pub(super) read: Vec<Read>,
    /// For each open parenthesis whether it holds the arguments of a function.
    open: Vec<bool>,
}

impl Lexer<'_> {
    pub(super) fn peek(&self, at: usize) -> Option<char> {
        self.characters.get(at).copied()
    }

    pub(super) fn is_digit(&self, at: usize) -> bool {
        self.peek(at).is_some_and(|c| c.is_ascii_digit())
    }

    pub(super) fn digits(&self, at: usize) -> usize {
        (at..).take_while(|&at| self.is_digit(at)).count()
    }

    /// The first character from `at` on that is no space.
    pub(super) fn behind_spaces(&self, at: usize) -> Option<char> {
        let rest = self.characters.get(at..)?;
        rest.iter().copied().find(|c| !c.is_whitespace() || *c == '\n')
    }

    fn before_spaces(&self, at: usize) -> Option<char> {
        let before = self.characters.get(..at)?;
        before
            .iter()
            .rev()
            .copied()
            .find(|c| !c.is_whitespace() || *c == '\n')
    }

    /// Whether the sign at a place has values on both sides, spaces or not.
    fn is_amid_numbers(&self, sign: usize) -> bool {
        let is_value = |c: char| c.is_ascii_digit() || matches!(c, '(' | ')');
        self.before_spaces(sign).is_some_and(is_value) && self.behind_spaces(sign + 1).is_some_and(is_value)
    }

    pub(super) fn push(&mut self, token: Token) {
        self.read.push(Read::Token(token));
    }

    fn last_word(&self) -> Option<&str> {
        match self.read.last() {
            Some(Read::Token(Token::Word(word))) => Some(word),
            _ => None,
        }
    }

    /// Whether what was read last is a value, or the end of one.
    fn behind_value(&self) -> bool {
        matches!(
            self.read.last(),
            Some(Read::Number(_) | Read::Token(Token::Close | Token::Percent | Token::Number(_)))
        )
    }

    /// Whether something has to follow what was read last, if only on the next line.
    fn goes_on(&self) -> bool {
        let last = self.read.last();
        matches!(
            last,
            Some(Read::Token(
                Token::Operator(_) | Token::Open | Token::Comma { .. }
            ))
        )
    }

    fn at_start(&self) -> bool {
        matches!(self.read.last(), None | Some(Read::Token(Token::End)))
    }

    fn next(&mut self) {
        let start = self.at;
        let Some(character) = self.peek(start) else { return };
        let before = start.checked_sub(1).and_then(|at| self.peek(at));
        self.at += 1;
        match character {
            '0'..='9' => self.number(start),
            '.' if self.is_digit(self.at) && !before.is_some_and(|c| is_of_word(c) || c == '.') => {
                self.number(start);
            }
            '.' if self.is_amid_numbers(start)
                || before == Some('.')
                || self.peek(self.at).is_some_and(|c| is_of_word(c) || c == '.') =>
            {
                self.push(Token::Unclear);
            }
            ':' if self.is_amid_numbers(start) || self.last_word().is_some_and(is_applied) => {
                self.push(Token::Unclear);
            }
            '\n' if self.goes_on() => {}
            '!' if before.is_some_and(|c| c.is_ascii_digit() || c == ')') => self.push(Token::Unclear),
            '.' | ':' | '!' | '?' | ';' | '=' | '\n' | '。' | '！' | '？' | '；' | '：' | '•' => {
                self.push(Token::End);
            }
            c if is_of_word(c) => self.word(start, |c| is_of_word(c) || c == '\''),
            c if is_unspaced(c) => self.word(start, is_unspaced),
            '-' | '*' if self.at_start() && self.peek(self.at).is_some_and(char::is_whitespace) => {
                self.push(Token::End); // the mark of a list item
            }
            '*' if self.peek(self.at) == Some('*') => self.two_asterisks(start),
            '-' | '/' | '−' | '–' => self.hyphen_or_slash(character, start),
            '+' => self.push(Token::Operator('+')),
            '*' | '×' | '·' => self.push(Token::Operator('*')),
            '÷' => self.push(Token::Operator('/')),
            '^' => self.push(Token::Operator('^')),
            '%' => self.push(Token::Percent),
            '(' | '（' => self.parenthesis(before),
            ')' | '）' => {
                self.open.pop();
                self.push(Token::Close);
            }
            ',' | '，' | '、' => {
                let glued = before.is_some_and(|c| c.is_ascii_digit()) && self.is_digit(self.at);
                if glued && self.in_function() && self.digits(self.at) != 3 {
                    self.read.push(Read::GluedComma);
                } else if glued {
                    self.push(Token::Unclear);
                } else {
                    self.push(Token::Comma { glued });
                }
            }
            '&' => self.push(Token::Word("and".to_owned())),
            '$' | '€' | '£' | '¥' | '"' | '\'' | '`' | '“' | '”' | '„' => {}
            c if c.is_whitespace() => {}
            _ => self.push(Token::Unclear),
        }
    }

    pub(super) fn in_function(&self) -> bool {
        self.open.last().copied().unwrap_or_default()
    }

    fn word(&mut self, start: usize, belongs: fn(char) -> bool) {
        while self.peek(self.at).is_some_and(belongs) {
            self.at += 1;
        }
        let word: String = self.characters[start..self.at].iter().collect();
        let word = word.to_lowercase();
        let after = |words: &[&str]| self.last_word().is_some_and(|last| words.contains(&last));
        let (operator, spelled_by_two) = match word.as_str() {
            "plus" => (Some('+'), false),
            "minus" => (Some('-'), false),
            "times" | "x" | "mal" => (Some('*'), false),
            "by" | "durch" if after(&["divided", "geteilt"]) => (Some('/'), true),
            "by" | "mit" if after(&["multiplied", "multipliziert"]) => (Some('*'), true),
            "durch" if self.behind_value() => (Some('/'), false),
            "hoch" if self.behind_value() => (Some('^'), false),
            _ => (None, false),
        };
        if spelled_by_two {
            self.read.pop();
        }
        self.push(match (operator, word.as_str()) {
            (Some(operator), _) => Token::Operator(operator),
            (None, "und") => Token::Word("and".to_owned()),
            (None, "percent" | "prozent") => Token::Percent,
            _ => Token::Word(word),
        });
    }

    /// `2 ** 10`, or a mark that makes text bold.
    fn two_asterisks(&mut self, start: usize) {
        self.at = start + 2;
        let spaced = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let before = self.before_spaces(start);
        let behind = self.behind_spaces(self.at);
        let even = spaced(start.checked_sub(1).and_then(|at| self.peek(at))) == spaced(self.peek(self.at));
        if before.is_some_and(|c| c.is_ascii_digit() || c == ')')
            && behind.is_some_and(|c| c.is_ascii_digit() || c == '(')
        {
            self.push(if even {
                Token::Operator('^')
            } else {
                Token::Unclear
            });
        }
    }

    fn hyphen_or_slash(&mut self, character: char, start: usize) {
        let before = start.checked_sub(1).and_then(|at| self.peek(at));
        let digit_before = before.is_some_and(|c| c.is_ascii_digit());
        let glued = digit_before && self.is_digit(self.at);
        let in_word = before.is_some_and(|c| is_of_word(c) && !c.is_ascii_digit());
        let value_follows = self.peek(self.at).is_some_and(|c| c.is_ascii_digit() || c == '(');
        let named = matches!(self.read.as_slice(), [.., Read::Token(Token::Word(word)), Read::Number(_)]
            if !may_precede_unspaced(word));
        let range = glued && (!self.calculates || character == '–' || named || self.looks_dated(start));
        self.push(if range || in_word && value_follows {
            Token::Unclear
        } else if character == '/' {
            Token::Operator('/')
        } else if value_follows && character != '–' && !self.behind_value() {
            Token::Negative
        } else {
            Token::Operator('-')
        });
    }

    /// Whether the digits around a sign look like a part of a date: a year, or a leading zero.
    fn looks_dated(&self, sign: usize) -> bool {
        let before = (0..sign).rev().take_while(|&at| self.is_digit(at)).count();
        let after = self.digits(sign + 1);
        [
            &self.characters[sign - before..sign],
            &self.characters[sign + 1..sign + 1 + after],
        ]
        .iter()
        .any(|part| matches!(part, ['0', _, ..] | ['1', '9', _, _] | ['2', '0', _, _]))
    }

    fn parenthesis(&mut self, before: Option<char>) {
        let glued = before.is_some_and(is_of_word) && self.last_word().is_some();
        let function = self
            .last_word()
            .filter(|word| FUNCTIONS.contains(word))
            .map(str::to_owned);
        self.open.push(function.is_some());
        if let Some(function) = function {
            self.read.pop();
            self.push(Token::Call(function));
            self.push(Token::Open);
        } else {
            // `f(3)` is no parenthesis around 3.
            self.push(if glued { Token::Unclear } else { Token::Open });
        }
    }
}

/// Letters and digits that make words and names, in scripts with spaces between words.
pub(super) fn is_of_word(character: char) -> bool {
    (character.is_alphanumeric() || character == '_') && !is_unspaced(character)
}
