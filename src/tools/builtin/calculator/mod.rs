//! `calculator`: arithmetic that is exact wherever decimals allow it.
//!
//! The text goes through [`lexer`] and [`parser`], which works the value out as it reads; [`number`] computes and
//! [`mod@format`] writes the result. To add a function: a line in [`functions`], and its name in the description here.

mod error;
mod format;
mod functions;
mod lexer;
mod number;
mod parser;
mod ratio;

use async_trait::async_trait;
use entity::enums::ToolEffect;
use serde_json::{Value, json};

use super::{define, text_argument};
use crate::tools::{Tool, ToolContext, ToolDefinition, ToolError};
pub use error::{CalculatorError, Fault};

/// The longest expression, in characters.
pub const MAX_EXPRESSION_CHARS: usize = 1_000;

/// Works out an expression. Never panics, whatever the text; takes at most a few milliseconds.
///
/// Results that have a finite decimal form and were computed without roots are exact; others are rounded to
/// 12 significant digits; a fraction keeps all digits before its point, even if they are more.
///
/// # Errors
///
/// [`CalculatorError`] with the position, in characters from 1, where the fault shows.
pub fn evaluate(expression: &str) -> Result<String, CalculatorError> {
    if expression.chars().nth(MAX_EXPRESSION_CHARS).is_some() {
        return Err(CalculatorError {
            fault: Fault::TooLong,
            position: MAX_EXPRESSION_CHARS + 1,
        });
    }
    let tokens = lexer::tokens(expression)?;
    parser::evaluate(&tokens).map(format::number)
}

pub(super) struct Calculator {
    definition: ToolDefinition,
}

impl Calculator {
    pub(super) fn new() -> Self {
        Self {
            definition: define(
                "calculator",
                "Works out an arithmetic expression exactly: + - * / ^ and parentheses; \"15% of 80\" and 15% \
                 (which is 0.15); % between two numbers is the remainder. Functions: sum, avg, min, max, \
                 round(value, digits), sqrt, abs; the constant pi. Thousands may be written 1,234.50 outside of \
                 function arguments.",
                ToolEffect::Pure,
                &json!({
                    "expression": {
                        "type": "string",
                        "description": "For instance \"(1,200 + 15% of 80) / 3\".",
                        "minLength": 1,
                        "maxLength": MAX_EXPRESSION_CHARS,
                    },
                }),
                &["expression"],
            ),
        }
    }
}

#[async_trait]
impl Tool for Calculator {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    async fn run(&self, arguments: &Value, _context: ToolContext<'_>) -> Result<String, ToolError> {
        evaluate(text_argument(arguments, "expression")).map_err(|error| ToolError::Failed(error.to_string()))
    }
}
