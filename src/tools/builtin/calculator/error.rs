//! What can be wrong with an expression, and where.

/// A fault and the character, counted from 1, where it shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} (at position {position})")]
pub struct CalculatorError {
    pub fault: Fault,
    pub position: usize,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the expression is empty")]
    Empty,
    #[error("the expression is longer than {} characters", super::MAX_EXPRESSION_CHARS)]
    TooLong,
    #[error("the expression is nested more than {} deep", super::parser::MAX_DEPTH)]
    TooDeep,
    #[error("the character {0:?} means nothing here")]
    UnknownCharacter(char),
    #[error("a comma separates thousands, as in 1,234.50, or the arguments of a function")]
    MisplacedComma,
    #[error("{0} is not expected here")]
    Unexpected(String),
    #[error("{0:?} is not a known function or constant")]
    UnknownName(String),
    #[error("\"of\" must follow a percentage, as in 15% of 80")]
    MisplacedOf,
    #[error("{function} takes {takes}")]
    WrongArguments { function: String, takes: &'static str },
    #[error("division by zero")]
    DivisionByZero,
    #[error("the result is too large")]
    TooLarge,
    #[error("the result is too close to zero")]
    TooSmall,
    #[error("the exponent is beyond {}", super::number::MAX_EXPONENT)]
    ExponentTooLarge,
    #[error("the result is not a real number")]
    NotReal,
}
