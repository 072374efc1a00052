//! Writing a result: exactly where the decimals end, else to 12 significant digits.

use super::{number::Number, ratio::Ratio};

/// Digits of a result that has no finite decimal form or is approximate.
const SIGNIFICANT: usize = 12;

/// The number in decimal, without grouping. Approximate numbers below 1e-7 or from 1e12 on are written like `1.5e20`.
pub(super) fn number(number: Number) -> String {
    match number {
        Number::Exact(ratio) => exact_decimal(ratio).unwrap_or_else(|| rounded_decimal(ratio)),
        Number::Approximate(value) => approximate(value),
    }
}

/// The whole decimal form of a fraction whose denominator has no prime factors but 2 and 5.
fn exact_decimal(ratio: Ratio) -> Option<String> {
    let (rest, twos) = factor_out(ratio.denominator(), 2);
    let (rest, fives) = factor_out(rest, 5);
    if rest != 1 {
        return None;
    }
    let scale = twos.max(fives);
    let factor = 2_i128
        .checked_pow(scale - twos)?
        .checked_mul(5_i128.checked_pow(scale - fives)?)?;
    let digits = ratio.numerator().abs().checked_mul(factor)?.to_string();
    Some(place_point(
        ratio.numerator() < 0,
        &digits,
        usize::try_from(scale).ok()?,
    ))
}

fn factor_out(mut value: i128, prime: i128) -> (i128, u32) {
    let mut count = 0;
    while value % prime == 0 {
        value /= prime;
        count += 1;
    }
    (value, count)
}

/// Long division to [`SIGNIFICANT`] digits, or to all digits before the point if there are more.
fn rounded_decimal(ratio: Ratio) -> String {
    let (numerator, denominator) = (ratio.numerator().abs(), ratio.denominator());
    let mut rest = numerator % denominator;
    let mut digits = (numerator / denominator).to_string().into_bytes();
    let mut significant = if digits == b"0" { 0 } else { digits.len() };
    let mut decimals = 0;
    // Both stay in range: a denominator is at most 10^36. A rest of 0 ends what could be an endless run of zeros.
    while significant < SIGNIFICANT && rest != 0 {
        rest *= 10;
        let digit = rest / denominator;
        rest %= denominator;
        digits.push(b'0' + u8::try_from(digit).unwrap_or_default());
        decimals += 1;
        if significant > 0 || digit != 0 {
            significant += 1;
        }
    }
    // Never a tie: what lies halfway between two decimals has a finite decimal form.
    if rest * 2 > denominator {
        increment(&mut digits);
    }
    let digits: String = digits.into_iter().map(char::from).collect();
    place_point(ratio.numerator() < 0, &digits, decimals)
}

fn increment(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

/// `digits` with a point before the last `decimals` of them, without needless zeros.
fn place_point(negative: bool, digits: &str, decimals: usize) -> String {
    let padded = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let fraction = fraction.trim_end_matches('0');
    let sign = if negative && (whole != "0" || !fraction.is_empty()) {
        "-"
    } else {
        ""
    };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

fn approximate(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{:.*e}", SIGNIFICANT - 1, value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let negative = value < 0.0;
    if (-7..12).contains(&exponent) {
        let decimals = usize::try_from(11 - exponent).unwrap_or_default();
        return place_point(negative, &mantissa.replace('.', ""), decimals);
    }
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    format!("{}{mantissa}e{exponent}", if negative { "-" } else { "" })
}
