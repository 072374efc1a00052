//! The calculator's numbers: exact fractions while they fit, floating point beyond.

use std::cmp::Ordering;

use super::{error::Fault, ratio::Ratio};

/// Largest absolute value of an exponent.
pub(super) const MAX_EXPONENT: u32 = 10_000;

/// A finite number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Exact(Ratio),
    /// About 15 digits are right.
    Approximate(f64),
}

type Outcome = Result<Number, Fault>;

impl Number {
    /// `digits` (with at most one point) times `10^exponent`, as a literal is written.
    pub(super) fn literal(digits: &str, exponent: i32) -> Outcome {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let scale = i32::try_from(fraction.len())
            .unwrap_or(i32::MAX)
            .saturating_sub(exponent);
        let exact = format!("{whole}{fraction}")
            .parse()
            .ok()
            .and_then(|digits| Ratio::decimal(digits, scale));
        if let Some(ratio) = exact {
            return Ok(Self::Exact(ratio));
        }
        let value = format!("{whole}.{fraction}e{exponent}")
            .parse()
            .map_err(|_| Fault::TooLarge)?;
        let is_zero = !digits.contains(|digit: char| ('1'..='9').contains(&digit));
        if is_zero {
            Ok(Self::Approximate(0.0))
        } else {
            approximate_nonzero(value)
        }
    }

    pub(super) fn add(self, other: Self) -> Outcome {
        self.combine(other, Ratio::add, |left, right| left + right)
    }

    pub(super) fn subtract(self, other: Self) -> Outcome {
        self.add(other.negate())
    }

    pub(super) fn multiply(self, other: Self) -> Outcome {
        if self.is_zero() || other.is_zero() {
            return self.combine(other, Ratio::multiply, |_, _| 0.0);
        }
        self.combine_nonzero(other, Ratio::multiply, |left, right| left * right)
    }

    pub(super) fn divide(self, other: Self) -> Outcome {
        if other.is_zero() {
            return Err(Fault::DivisionByZero);
        }
        if self.is_zero() {
            return Ok(self);
        }
        self.combine_nonzero(other, Ratio::divide, |left, right| left / right)
    }

    /// What is left after dividing a whole number of times; takes the sign of `self`.
    pub(super) fn remainder(self, other: Self) -> Outcome {
        if other.is_zero() {
            return Err(Fault::DivisionByZero);
        }
        self.combine(other, Ratio::remainder, |left, right| left % right)
    }

    pub(super) fn power(self, exponent: Self) -> Outcome {
        let as_float = exponent.to_f64();
        if as_float.abs() > f64::from(MAX_EXPONENT) {
            return Err(Fault::ExponentTooLarge);
        }
        if self.is_zero() && as_float < 0.0 {
            return Err(Fault::DivisionByZero);
        }
        if let Some(exact) = self.exact_power(exponent) {
            return Ok(Self::Exact(exact));
        }
        let value = self.to_f64().powf(as_float);
        if self.is_zero() {
            approximate(value)
        } else {
            approximate_nonzero(value)
        }
    }

    fn exact_power(self, exponent: Self) -> Option<Ratio> {
        let (Self::Exact(base), Self::Exact(exponent)) = (self, exponent) else {
            return None;
        };
        let whole = exponent.whole()?;
        let size = u32::try_from(whole.unsigned_abs()).ok()?;
        let base = if whole < 0 {
            Ratio::new(base.denominator(), base.numerator())?
        } else {
            base
        };
        base.power(size)
    }

    pub(super) fn square_root(self) -> Outcome {
        if let Self::Exact(ratio) = self
            && let Some(root) = ratio.square_root()
        {
            return Ok(Self::Exact(root));
        }
        approximate(self.to_f64().sqrt())
    }

    /// The nearest number with that many decimals (negative: tens, hundreds …); halves away from zero.
    pub(super) fn round(self, decimals: i32) -> Outcome {
        let exact = |value: Ratio, unit: Ratio| value.divide(unit)?.round()?.multiply(unit);
        let unit = Self::Exact(Ratio::decimal(1, decimals).ok_or(Fault::TooLarge)?);
        self.combine(unit, exact, |value, unit| match value / unit {
            // A float this large has no digits left to round.
            scaled if scaled.abs() >= 1e15 => value,
            scaled => scaled.round() * unit,
        })
    }

    pub(super) fn negate(self) -> Self {
        match self {
            Self::Exact(ratio) => Self::Exact(ratio.negate()),
            Self::Approximate(value) => Self::Approximate(-value),
        }
    }

    pub(super) fn absolute(self) -> Self {
        if self.to_f64() < 0.0 { self.negate() } else { self }
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        let exact = match (self, other) {
            (Self::Exact(left), Self::Exact(right)) => left.compare(right),
            _ => None,
        };
        exact.unwrap_or_else(|| self.to_f64().total_cmp(&other.to_f64()))
    }

    pub(super) fn to_f64(self) -> f64 {
        match self {
            Self::Exact(ratio) => ratio.to_f64(),
            Self::Approximate(value) => value,
        }
    }

    fn is_zero(self) -> bool {
        self.to_f64() == 0.0
    }

    fn combine(
        self,
        other: Self,
        exact: impl Fn(Ratio, Ratio) -> Option<Ratio>,
        float: impl Fn(f64, f64) -> f64,
    ) -> Outcome {
        if let (Self::Exact(left), Self::Exact(right)) = (self, other)
            && let Some(ratio) = exact(left, right)
        {
            return Ok(Self::Exact(ratio));
        }
        approximate(float(self.to_f64(), other.to_f64()))
    }

    /// Like [`combine`](Self::combine) where a result of zero can only be an underflow.
    fn combine_nonzero(
        self,
        other: Self,
        exact: impl Fn(Ratio, Ratio) -> Option<Ratio>,
        float: impl Fn(f64, f64) -> f64,
    ) -> Outcome {
        match self.combine(other, exact, float)? {
            Self::Approximate(value) => approximate_nonzero(value),
            exact @ Self::Exact(_) => Ok(exact),
        }
    }
}

/// An approximate number, if it is one at all.
pub(super) fn approximate(value: f64) -> Outcome {
    match value {
        value if value.is_nan() => Err(Fault::NotReal),
        value if value.is_infinite() => Err(Fault::TooLarge),
        value => Ok(Number::Approximate(value)),
    }
}

fn approximate_nonzero(value: f64) -> Outcome {
    if value == 0.0 {
        Err(Fault::TooSmall)
    } else {
        approximate(value)
    }
}
