//! Amounts of money as exact decimals.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use entity::values::NanoUsd;

/// An exact decimal with up to nine places, written as a string such as "0.001250000". Numbers are accepted as input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api::graphql) struct Decimal(pub NanoUsd);

/// An exact decimal with up to nine places, written as a string such as "0.001250000". Numbers are accepted as input.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Number(number) => without_exponent(&number.to_string()),
            _ => return Err(InputValueError::expected_type(value)),
        };
        Ok(Self(text.parse().map_err(InputValueError::custom)?))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Most places an exponent moves the point by: more than any amount has on either side of it.
const FARTHEST: i32 = 40;

/// A number as a decimal: 0.0000001 arrives as 1e-7. What cannot be one is left as it is, to be refused.
fn without_exponent(number: &str) -> String {
    shifted(number).unwrap_or_else(|| number.to_owned())
}

fn shifted(number: &str) -> Option<String> {
    let (mantissa, exponent) = number.split_once(['e', 'E'])?;
    let exponent = exponent
        .parse::<i32>()
        .ok()
        .filter(|by| (-FARTHEST..=FARTHEST).contains(by))?;
    let (sign, mantissa) = mantissa
        .strip_prefix('-')
        .map_or(("", mantissa), |rest| ("-", rest));
    let (whole, places) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = "0".repeat(exponent.unsigned_abs() as usize);
    // Zeros on the side the point moves to, and then the point that many digits farther.
    let (whole, places) = if exponent < 0 {
        let whole = format!("{zeros}{whole}");
        let (left, moved) = whole.split_at_checked(whole.len() - zeros.len())?;
        (left.to_owned(), format!("{moved}{places}"))
    } else {
        let places = format!("{places}{zeros}");
        let (moved, left) = places.split_at_checked(zeros.len())?;
        (format!("{whole}{moved}"), left.to_owned())
    };
    Some(format!("{sign}{whole}.{}", places.trim_end_matches('0')))
}
