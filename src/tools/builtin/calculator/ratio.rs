//! Fractions of two `i128`, always in lowest terms. Every operation answers `None` when the result does not fit.

/// Largest numerator or denominator. Below `i128::MAX` by more than a factor of 100, so that a long division can
/// take one more digit without overflow.
const LIMIT: i128 = 10_i128.pow(36);

/// A fraction with a positive denominator, in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    /// `numerator / denominator`, or `None` if the denominator is zero or the fraction does not fit.
    pub(super) fn new(numerator: i128, denominator: i128) -> Option<Self> {
        let divisor = greatest_common_divisor(numerator, denominator)?;
        let sign = if denominator < 0 { -1 } else { 1 };
        let numerator = (numerator / divisor).checked_mul(sign)?;
        let denominator = (denominator / divisor).checked_mul(sign)?;
        let fits = denominator > 0 && denominator <= LIMIT && (-LIMIT..=LIMIT).contains(&numerator);
        fits.then_some(Self {
            numerator,
            denominator,
        })
    }

    /// `digits * 10^-scale`.
    pub(super) fn decimal(digits: i128, scale: i32) -> Option<Self> {
        let power = 10_i128.checked_pow(scale.unsigned_abs())?;
        if scale >= 0 {
            Self::new(digits, power)
        } else {
            Self::new(digits.checked_mul(power)?, 1)
        }
    }

    pub(super) fn numerator(self) -> i128 {
        self.numerator
    }

    pub(super) fn denominator(self) -> i128 {
        self.denominator
    }

    /// The value, if it is a whole number.
    pub(super) fn whole(self) -> Option<i128> {
        (self.denominator == 1).then_some(self.numerator)
    }

    pub(super) fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    pub(super) fn negate(self) -> Self {
        // In range: numerators lie within ±LIMIT.
        Self {
            numerator: -self.numerator,
            denominator: self.denominator,
        }
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        let (left, right, denominator) = self.on_common_denominator(other)?;
        Self::new(left.checked_add(right)?, denominator)
    }

    pub(super) fn multiply(self, other: Self) -> Option<Self> {
        // Reducing crosswise first keeps products small.
        let left = Self::new(self.numerator, other.denominator)?;
        let right = Self::new(other.numerator, self.denominator)?;
        Self::new(
            left.numerator.checked_mul(right.numerator)?,
            left.denominator.checked_mul(right.denominator)?,
        )
    }

    /// `self / other`; `None` also for a zero divisor.
    pub(super) fn divide(self, other: Self) -> Option<Self> {
        self.multiply(Self::new(other.denominator, other.numerator)?)
    }

    /// What is left after dividing a whole number of times; takes the sign of `self`.
    pub(super) fn remainder(self, other: Self) -> Option<Self> {
        let (left, right, denominator) = self.on_common_denominator(other)?;
        Self::new(left.checked_rem(right)?, denominator)
    }

    /// `self` to a whole power of at least 0; `0^0` is 1.
    pub(super) fn power(self, mut exponent: u32) -> Option<Self> {
        let mut result = Self {
            numerator: 1,
            denominator: 1,
        };
        let mut square = self;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result.multiply(square)?;
            }
            exponent >>= 1;
            if exponent > 0 {
                square = square.multiply(square)?;
            }
        }
        Some(result)
    }

    /// The square root, if it is a fraction.
    pub(super) fn square_root(self) -> Option<Self> {
        Self::new(exact_root(self.numerator)?, exact_root(self.denominator)?)
    }

    /// The nearest whole number; halves away from zero, as spreadsheets do.
    pub(super) fn round(self) -> Option<Self> {
        let doubled = self
            .numerator
            .abs()
            .checked_mul(2)?
            .checked_add(self.denominator)?;
        Self::new(
            doubled / self.denominator.checked_mul(2)? * self.numerator.signum(),
            1,
        )
    }

    pub(super) fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        let (left, right, _) = self.on_common_denominator(other)?;
        Some(left.cmp(&right))
    }

    /// Both numerators over the least common denominator.
    fn on_common_denominator(self, other: Self) -> Option<(i128, i128, i128)> {
        let shared = greatest_common_divisor(self.denominator, other.denominator)?;
        let (mine, theirs) = (self.denominator / shared, other.denominator / shared);
        Some((
            self.numerator.checked_mul(theirs)?,
            other.numerator.checked_mul(mine)?,
            self.denominator.checked_mul(theirs)?,
        ))
    }
}

fn exact_root(square: i128) -> Option<i128> {
    let root = square.checked_isqrt()?;
    (root.checked_mul(root)? == square).then_some(root)
}

/// Euclid's algorithm; `None` for two zeros or a result that does not fit.
fn greatest_common_divisor(left: i128, right: i128) -> Option<i128> {
    let (mut left, mut right) = (left.unsigned_abs(), right.unsigned_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    i128::try_from(left).ok().filter(|divisor| *divisor > 0)
}
