//! From the characters of an expression to its tokens.

use super::{
    error::{CalculatorError, Fault},
    number::Number,
};

/// A token and its position in characters from 1.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) position: usize,
}

#[derive(Clone, Debug)]
pub(super) enum TokenKind {
    Number(Number),
    /// A function, a constant or `of`, in lower case.
    Name(String),
    Plus,
    Minus,
    Times,
    Divide,
    Percent,
    Power,
    Open,
    Close,
    Comma,
    End,
}

/// Splits an expression into tokens; the last is [`TokenKind::End`].
pub(super) fn tokens(expression: &str) -> Result<Vec<Token>, CalculatorError> {
    let characters: Vec<char> = expression.chars().collect();
    Lexer {
        characters: &characters,
        at: 0,
        tokens: Vec::new(),
        open: Vec::new(),
    }
    .run()
}

struct Lexer<'a> {
    characters: &'a [char],
    at: usize,
    tokens: Vec<Token>,
    /// For each open parenthesis whether it holds the arguments of a function, where a comma separates those.
    open: Vec<bool>,
}

impl Lexer<'_> {
    fn run(mut self) -> Result<Vec<Token>, CalculatorError> {
        while let Some(character) = self.peek(0) {
            let position = self.at + 1;
            let fail = |fault| CalculatorError { fault, position };
            if character.is_whitespace() {
                self.at += 1;
                continue;
            }
            let kind = match character {
                '0'..='9' | '.' => self.number().map_err(fail)?,
                letter if letter.is_ascii_alphabetic() => self.name(),
                _ => self
                    .symbol(character)
                    .ok_or_else(|| fail(Fault::UnknownCharacter(character)))?,
            };
            self.track_parentheses(&kind);
            self.tokens.push(Token { kind, position });
        }
        self.tokens.push(Token {
            kind: TokenKind::End,
            position: self.at + 1,
        });
        Ok(self.tokens)
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn digits_ahead(&self, from: usize) -> usize {
        self.characters[(self.at + from).min(self.characters.len())..]
            .iter()
            .take_while(|character| character.is_ascii_digit())
            .count()
    }

    fn symbol(&mut self, character: char) -> Option<TokenKind> {
        let kind = match character {
            '+' => TokenKind::Plus,
            '-' | '−' => TokenKind::Minus,
            '*' if self.peek(1) == Some('*') => {
                self.at += 1;
                TokenKind::Power
            }
            '*' | '×' | '·' => TokenKind::Times,
            '/' | '÷' => TokenKind::Divide,
            '%' => TokenKind::Percent,
            '^' => TokenKind::Power,
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            ',' => TokenKind::Comma,
            _ => return None,
        };
        self.at += 1;
        Some(kind)
    }

    fn name(&mut self) -> TokenKind {
        let start = self.at;
        while self
            .peek(0)
            .is_some_and(|next| next.is_ascii_alphanumeric() || next == '_')
        {
            self.at += 1;
        }
        TokenKind::Name(
            self.characters[start..self.at]
                .iter()
                .map(char::to_ascii_lowercase)
                .collect(),
        )
    }

    fn number(&mut self) -> Result<TokenKind, Fault> {
        let mut digits = self.take(self.digits_ahead(0));
        let grouped = !self.open.last().copied().unwrap_or_default() && (1..=3).contains(&digits.len());
        while grouped && self.peek(0) == Some(',') && self.digits_ahead(1) == 3 {
            self.at += 1;
            digits.push_str(&self.take(3));
        }
        if self.peek(0) == Some('.') {
            let decimals = self.digits_ahead(1);
            if digits.is_empty() && decimals == 0 {
                return Err(Fault::UnknownCharacter('.'));
            }
            digits.push_str(&self.take(decimals + 1));
        }
        let exponent = self.exponent()?;
        Number::literal(&digits, exponent).map(TokenKind::Number)
    }

    /// The exponent of a literal such as `1.5e-3`; 0 if there is none.
    fn exponent(&mut self) -> Result<i32, Fault> {
        if !matches!(self.peek(0), Some('e' | 'E')) {
            return Ok(0);
        }
        let signed = usize::from(matches!(self.peek(1), Some('+' | '-')));
        let digits = self.digits_ahead(1 + signed);
        if digits == 0 {
            return Ok(0);
        }
        let text = self.take(1 + signed + digits);
        text[1..]
            .parse()
            .ok()
            .filter(|exponent: &i32| exponent.abs() <= 9_999)
            .ok_or(Fault::ExponentTooLarge)
    }

    fn take(&mut self, count: usize) -> String {
        let end = (self.at + count).min(self.characters.len());
        let text = self.characters[self.at..end].iter().collect();
        self.at = end;
        text
    }

    fn track_parentheses(&mut self, kind: &TokenKind) {
        match kind {
            TokenKind::Open => {
                let after_name = matches!(self.tokens.last(), Some(Token { kind: TokenKind::Name(name), .. }) if name != "of");
                self.open.push(after_name);
            }
            TokenKind::Close => {
                self.open.pop();
            }
            _ => {}
        }
    }
}

impl TokenKind {
    /// Whether a value can begin with this token.
    pub(super) fn begins_value(&self) -> bool {
        match self {
            Self::Number(_) | Self::Open => true,
            Self::Name(name) => name != "of",
            _ => false,
        }
    }

    /// How a message names the token.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Number(_) => "this number".to_owned(),
            Self::Name(name) => format!("{:?}", crate::tools::text::shorten(name, 20)),
            Self::Plus => "\"+\"".to_owned(),
            Self::Minus => "\"-\"".to_owned(),
            Self::Times => "\"*\"".to_owned(),
            Self::Divide => "\"/\"".to_owned(),
            Self::Percent => "\"%\"".to_owned(),
            Self::Power => "\"^\"".to_owned(),
            Self::Open => "\"(\"".to_owned(),
            Self::Close => "\")\"".to_owned(),
            Self::Comma => "\",\"".to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}
