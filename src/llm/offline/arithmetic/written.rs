//! Reads one number from a text, with its groups and decimals, or the date it begins.

use super::{
    numbers::shape,
    tokens::{Lexer, Read, Token, is_of_word},
};

impl Lexer<'_> {
    pub(super) fn number(&mut self, start: usize) {
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
            let goes_on = self.peek(end).is_some_and(|c| matches!(c, '.' | ',')) && self.is_digit(end + 1);
            if goes_on || mark == ',' && self.in_function() {
                return None;
            }
            hard |= mark == ',';
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
}
