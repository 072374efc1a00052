//! Amounts of money as exact decimals.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use entity::values::NanoUsd;

/// An exact decimal with up to nine places, written as a string such as "0.001250000". Numbers are accepted as input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api::graphql) struct Decimal(pub NanoUsd);

#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        parse(&text).map(|nanos| Self(NanoUsd(nanos))).ok_or_else(|| {
            InputValueError::custom("an amount is a decimal with at most nine places, for instance \"0.25\"")
        })
    }

    fn to_value(&self) -> Value {
        let nanos = self.0.0;
        let sign = if nanos < 0 { "-" } else { "" };
        let absolute = nanos.unsigned_abs();
        Value::String(format!("{sign}{}.{:09}", absolute / 1_000_000_000, absolute % 1_000_000_000))
    }
}

/// Billionths, without a float on the way.
fn parse(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(places) || places.len() > 9 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let places: i64 = format!("{places:0<9}").parse().ok()?;
    let nanos = whole.checked_mul(1_000_000_000)?.checked_add(places)?;
    Some(if negative { -nanos } else { nanos })
}
