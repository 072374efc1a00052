//! Words, numbers and signs of a text, as far as arithmetic needs them.

use super::numbers::{Evidence, Number, Shape, shape};
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
enum Read {
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

struct Lexer<'a> {
    characters: &'a [char],
    at: usize,
    calculates: bool,
    evidence: Evidence,
    read: Vec<Read>,
    /// For each open parenthesis whether it holds the arguments of a function.
    open: Vec<bool>,
}

impl Lexer<'_> {
    fn peek(&self, at: usize) -> Option<char> {
        self.characters.get(at).copied()
    }

    fn is_digit(&self, at: usize) -> bool {
        self.peek(at).is_some_and(|c| c.is_ascii_digit())
    }

    fn digits(&self, at: usize) -> usize {
        (at..).take_while(|&at| self.is_digit(at)).count()
    }

    /// The first character from `at` on that is no space.
    fn behind_spaces(&self, at: usize) -> Option<char> {
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

    fn push(&mut self, token: Token) {
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

    fn at_start(&self) -> bool {
        matches!(self.read.last(), None | Some(Read::Token(Token::End)))
    }

    fn next(&mut self) {
        let start = self.at;
        let Some(character) = self.peek(start) else { return };
        let before = start.checked_sub(1).and_then(|at| self.peek(at));
        let between = |sides: fn(char) -> bool| {
            self.before_spaces(start).is_some_and(sides) && self.behind_spaces(start + 1).is_some_and(sides)
        };
        let amid_numbers = between(|c| c.is_ascii_digit() || matches!(c, '(' | ')'));
        self.at += 1;
        match character {
            '0'..='9' => self.number(start),
            '.' if self.is_digit(self.at) && !before.is_some_and(|c| is_of_word(c) || c == '.') => {
                self.number(start);
            }
            '.' if amid_numbers
                || before == Some('.')
                || self.peek(self.at).is_some_and(|c| is_of_word(c) || c == '.') =>
            {
                self.push(Token::Unclear);
            }
            ':' if amid_numbers => self.push(Token::Unclear),
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

    fn in_function(&self) -> bool {
        self.open.last().copied().unwrap_or_default()
    }

    fn number(&mut self, start: usize) {
        let (end, written) = match self.dated(start) {
            Some(end) => (end, None),
            None => match self.spaced_groups(start) {
                Some((end, written)) => (end, Some(written)),
                None => self.unspaced(start),
            },
        };
        self.at = end;
        let rest = |c: char| is_of_word(c) || c == '.';
        if written.is_none() || self.peek(end).is_some_and(is_of_word) {
            // A date, a version, an ordinal, a name: `2026-01-31`, `3rd`, `7b`.
            while self.peek(self.at).is_some_and(rest) {
                self.at += 1;
            }
            self.push(Token::Unclear);
        } else if let Some(written) = written {
            let shape = shape(&written);
            self.evidence.note(&shape);
            self.read.push(Read::Number(shape));
        }
    }

    /// Digits with points, commas and apostrophes between them; no commas in the arguments of a function.
    fn unspaced(&self, start: usize) -> (usize, Option<String>) {
        let mut written = String::new();
        let mut at = start;
        if self.peek(at) == Some('.') {
            written.push('0');
        }
        let commas = !self.in_function();
        while let Some(character) = self.peek(at) {
            match character {
                '0'..='9' => written.push(character),
                '.' if self.is_digit(at + 1) => written.push('.'),
                ',' if commas && self.is_digit(at + 1) => written.push(','),
                '\'' | '’' if at > start && self.digits(at + 1) == 3 => written.push(' '),
                _ => break,
            }
            at += 1;
        }
        (at, Some(written))
    }

    /// `5 000`, `1 000,50`: one number if the spaces are not for words, decimals follow a comma, or an operator is near.
    fn spaced_groups(&self, start: usize) -> Option<(usize, String)> {
        let first = self.digits(start);
        let mut at = start + first;
        let mut written: String = self.characters[start..at].iter().collect();
        let mut hard = true;
        while let Some(sign @ (' ' | '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}')) = self.peek(at) {
            if self.digits(at + 1) != 3 {
                break;
            }
            hard &= sign != ' ';
            written.push(' ');
            written.extend(&self.characters[at + 1..at + 4]);
            at += 4;
        }
        if at == start + first || !(1..=3).contains(&first) || written.starts_with('0') {
            return None;
        }
        let mark = self.peek(at).filter(|c| matches!(c, '.' | ','));
        if let Some(mark) = mark.filter(|_| self.is_digit(at + 1)) {
            let end = at + 1 + self.digits(at + 1);
            if self.peek(end).is_some_and(|c| matches!(c, '.' | ',')) && self.is_digit(end + 1) {
                return None;
            }
            hard |= mark == ',' && !self.in_function();
            written.extend(&self.characters[at..end]);
            at = end;
        }
        let operator = |c: char| "+-*/×·÷^−".contains(c);
        let near = matches!(self.read.last(), Some(Read::Token(Token::Operator(_))))
            || self.behind_spaces(at).is_some_and(operator);
        (hard || near).then_some((at, written))
    }

    /// The end of a date of three numbers, one of them a year.
    fn dated(&self, start: usize) -> Option<usize> {
        let first = self.digits(start);
        let sign = self.peek(start + first).filter(|c| "-/.".contains(*c))?;
        let middle = self.digits(start + first + 1);
        let behind = start + first + 1 + middle;
        let last = (self.peek(behind) == Some(sign)).then(|| self.digits(behind + 1))?;
        let date = matches!((first, middle, last), (4, 1 | 2, 1 | 2) | (1 | 2, 1 | 2, 4));
        date.then_some(behind + 1 + last)
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
        let range = glued && (!self.calculates || character == '–' || self.looks_dated(start));
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
fn is_of_word(character: char) -> bool {
    (character.is_alphanumeric() || character == '_') && !is_unspaced(character)
}
