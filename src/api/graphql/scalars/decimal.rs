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
            Value::Number(number) => number.to_string(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        Ok(Self(text.parse().map_err(InputValueError::custom)?))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
