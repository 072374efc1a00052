//! Free-form JSON, where nothing more can be said of its shape.

use async_graphql::{InputValueResult, Scalar, ScalarType, Value};

/// Any JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::api::graphql) struct Json(pub serde_json::Value);

/// Any JSON value.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}
