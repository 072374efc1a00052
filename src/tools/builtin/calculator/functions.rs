//! The calculator's functions and constants. To add one: a variant of [`Function`] with a name and a rule.

use super::{
    error::Fault,
    number::{Number, approximate},
    ratio::Ratio,
};

/// Most digits that `round` can keep, or zero out before the point.
const MAX_ROUND_DIGITS: i128 = 18;

/// A function that can be called by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Sum,
    Average,
    Minimum,
    Maximum,
    Round,
    SquareRoot,
    Absolute,
}

/// The value of a constant.
pub(super) fn constant(name: &str) -> Option<Number> {
    match name {
        "pi" => approximate(std::f64::consts::PI).ok(),
        _ => None,
    }
}

impl Function {
    /// The function of that name, in lower case.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "sum" => Self::Sum,
            "avg" => Self::Average,
            "min" => Self::Minimum,
            "max" => Self::Maximum,
            "round" => Self::Round,
            "sqrt" => Self::SquareRoot,
            "abs" => Self::Absolute,
            _ => return None,
        })
    }

    /// Applies the function to its arguments, of which there is at least one.
    pub(super) fn apply(self, arguments: &[Number]) -> Result<Number, Fault> {
        match (self, arguments) {
            (Self::Sum, [first, rest @ ..]) => sum(*first, rest),
            (Self::Average, [first, rest @ ..]) => sum(*first, rest)?.divide(count(arguments)?),
            (Self::Minimum, [first, rest @ ..]) => {
                Ok(rest.iter().fold(
                    *first,
                    |least, next| if next.compare(least).is_lt() { *next } else { least },
                ))
            }
            (Self::Maximum, [first, rest @ ..]) => {
                Ok(rest.iter().fold(
                    *first,
                    |most, next| if next.compare(most).is_gt() { *next } else { most },
                ))
            }
            (Self::Round, [value]) => value.round(0),
            (Self::Round, [value, digits]) => value.round(round_digits(*digits)?),
            (Self::SquareRoot, [value]) => value.square_root(),
            (Self::Absolute, [value]) => Ok(value.absolute()),
            _ => Err(self.wrong_arguments()),
        }
    }

    fn wrong_arguments(self) -> Fault {
        let (function, takes) = match self {
            Self::Sum => ("sum", "one or more numbers"),
            Self::Average => ("avg", "one or more numbers"),
            Self::Minimum => ("min", "one or more numbers"),
            Self::Maximum => ("max", "one or more numbers"),
            Self::Round => ("round", "a number and, optionally, whole digits from -18 to 18"),
            Self::SquareRoot => ("sqrt", "one number"),
            Self::Absolute => ("abs", "one number"),
        };
        Fault::WrongArguments {
            function: function.to_owned(),
            takes,
        }
    }
}

fn sum(first: Number, rest: &[Number]) -> Result<Number, Fault> {
    rest.iter().try_fold(first, |total, next| total.add(*next))
}

fn count(numbers: &[Number]) -> Result<Number, Fault> {
    let count = i128::try_from(numbers.len())
        .ok()
        .and_then(|count| Ratio::new(count, 1));
    count.map(Number::Exact).ok_or(Fault::TooLarge)
}

fn round_digits(digits: Number) -> Result<i32, Fault> {
    match digits {
        Number::Exact(ratio) => ratio.whole(),
        Number::Approximate(_) => None,
    }
    .filter(|digits| (-MAX_ROUND_DIGITS..=MAX_ROUND_DIGITS).contains(digits))
    .and_then(|digits| i32::try_from(digits).ok())
    .ok_or_else(|| Function::Round.wrong_arguments())
}
