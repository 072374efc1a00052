//! Recursive descent over the tokens; each rule answers the value of what it read.
//!
//! ```text
//! sum     = product (("+" | "-") product)*
//! product = signed (("*" | "/" | "%" | "of") signed)*       "%" only before a value, "of" only after a percentage
//! signed  = ("-" | "+") signed | power                      so -2^2 is -4
//! power   = percent ("^" signed)?                           so 2^3^2 is 2^9
//! percent = value "%"?                                      "%" unless a value follows
//! value   = number | constant | function "(" sum ("," sum)* ")" | "(" sum ")"
//! ```

use super::{
    error::{CalculatorError, Fault},
    functions::{Function, constant},
    lexer::{Token, TokenKind},
    number::Number,
};
use crate::tools::text::shorten;

/// Most signs, powers and parentheses inside one another.
pub(super) const MAX_DEPTH: usize = 64;

type Outcome = Result<Number, CalculatorError>;

/// Works out a whole expression; its last token is [`TokenKind::End`].
pub(super) fn evaluate(tokens: &[Token]) -> Outcome {
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
    };
    if matches!(parser.kind(), TokenKind::End) {
        return Err(parser.fault(Fault::Empty));
    }
    let value = parser.sum()?;
    parser.expect_end()?;
    Ok(value)
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn sum(&mut self) -> Outcome {
        let mut value = self.product()?;
        loop {
            let operation = match self.kind() {
                TokenKind::Plus => Number::add,
                TokenKind::Minus => Number::subtract,
                _ => return Ok(value),
            };
            value = self.binary(value, operation, Self::product)?;
        }
    }

    fn product(&mut self) -> Outcome {
        let mut value = self.signed()?;
        loop {
            let operation = match self.kind() {
                TokenKind::Times => Number::multiply,
                TokenKind::Divide => Number::divide,
                TokenKind::Percent if self.next_begins_value() => Number::remainder,
                TokenKind::Name(name) if name == "of" => {
                    if !self.follows_percentage() {
                        return Err(self.fault(Fault::MisplacedOf));
                    }
                    Number::multiply
                }
                _ => return Ok(value),
            };
            value = self.binary(value, operation, Self::signed)?;
        }
    }

    /// Every way to nest passes through here, so this is where depth is counted.
    fn signed(&mut self) -> Outcome {
        if self.depth == MAX_DEPTH {
            return Err(self.fault(Fault::TooDeep));
        }
        self.depth += 1;
        let value = match self.kind() {
            TokenKind::Minus => {
                self.at += 1;
                self.signed().map(Number::negate)
            }
            TokenKind::Plus => {
                self.at += 1;
                self.signed()
            }
            _ => self.power(),
        };
        self.depth -= 1;
        value
    }

    fn power(&mut self) -> Outcome {
        let base = self.percent()?;
        match self.kind() {
            TokenKind::Power => self.binary(base, Number::power, Self::signed),
            _ => Ok(base),
        }
    }

    fn percent(&mut self) -> Outcome {
        let value = self.value()?;
        if !matches!(self.kind(), TokenKind::Percent) || self.next_begins_value() {
            return Ok(value);
        }
        let position = self.position();
        self.at += 1;
        let hundred = Number::literal("100", 0).map_err(|fault| CalculatorError { fault, position })?;
        value
            .divide(hundred)
            .map_err(|fault| CalculatorError { fault, position })
    }

    fn value(&mut self) -> Outcome {
        match self.kind() {
            TokenKind::Number(number) => {
                self.at += 1;
                Ok(*number)
            }
            TokenKind::Open => {
                self.at += 1;
                let value = self.sum()?;
                self.expect_close()?;
                Ok(value)
            }
            TokenKind::Name(name) if name != "of" => self.named(name),
            _ => Err(self.unexpected()),
        }
    }

    fn named(&mut self, name: &str) -> Outcome {
        if let Some(value) = constant(name) {
            self.at += 1;
            return Ok(value);
        }
        let function =
            Function::named(name).ok_or_else(|| self.fault(Fault::UnknownName(shorten(name, 20))))?;
        let position = self.position();
        self.at += 1;
        if !matches!(self.kind(), TokenKind::Open) {
            return Err(self.unexpected());
        }
        self.at += 1;
        let mut arguments = vec![self.sum()?];
        while matches!(self.kind(), TokenKind::Comma) {
            self.at += 1;
            arguments.push(self.sum()?);
        }
        self.expect_close()?;
        function
            .apply(&arguments)
            .map_err(|fault| CalculatorError { fault, position })
    }

    /// Reads the right-hand side after the operator at hand and applies it; faults show at the operator.
    fn binary(
        &mut self,
        left: Number,
        operation: fn(Number, Number) -> Result<Number, Fault>,
        right: fn(&mut Self) -> Outcome,
    ) -> Outcome {
        let position = self.position();
        self.at += 1;
        let right = right(self)?;
        operation(left, right).map_err(|fault| CalculatorError { fault, position })
    }

    fn kind(&self) -> &'a TokenKind {
        self.tokens
            .get(self.at)
            .map_or(&TokenKind::End, |token| &token.kind)
    }

    fn position(&self) -> usize {
        self.tokens
            .get(self.at)
            .or(self.tokens.last())
            .map_or(1, |token| token.position)
    }

    fn next_begins_value(&self) -> bool {
        self.tokens
            .get(self.at + 1)
            .is_some_and(|token| token.kind.begins_value())
    }

    fn follows_percentage(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.is_some_and(|token| matches!(token.kind, TokenKind::Percent))
    }

    fn expect_close(&mut self) -> Result<(), CalculatorError> {
        match self.kind() {
            TokenKind::Close => {
                self.at += 1;
                Ok(())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn expect_end(&self) -> Result<(), CalculatorError> {
        match self.kind() {
            TokenKind::End => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    fn fault(&self, fault: Fault) -> CalculatorError {
        CalculatorError {
            fault,
            position: self.position(),
        }
    }

    fn unexpected(&self) -> CalculatorError {
        self.fault(match self.kind() {
            TokenKind::Comma => Fault::MisplacedComma,
            kind => Fault::Unexpected(kind.describe()),
        })
    }
}
