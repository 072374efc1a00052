//! Counts that may pass 32 bits.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A 64-bit whole number, written as a string: GraphQL's Int has 32 bits and JavaScript's numbers 53.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api::graphql) struct BigInt(pub i64);

/// A 64-bit whole number, written as a string: GraphQL's Int has 32 bits and JavaScript's numbers 53.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Ok(Self(text.parse()?)),
            Value::Number(number) => number
                .as_i64()
                .map(Self)
                .ok_or_else(|| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
