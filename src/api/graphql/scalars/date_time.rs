//! Moments.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use entity::values::UnixMillis;

/// A moment in UTC, to the millisecond, written as RFC 3339 says, for instance "2026-11-22T18:30:00.250+00:00".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api::graphql) struct DateTime(pub UnixMillis);

/// A moment in UTC, to the millisecond, written as RFC 3339 says, for instance "2026-11-22T18:30:00.250+00:00".
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                let moment = chrono::DateTime::parse_from_rfc3339(text)?;
                Ok(Self(UnixMillis(moment.timestamp_millis())))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        let moment = chrono::DateTime::from_timestamp_millis(self.0.0).unwrap_or_default();
        Value::String(moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, false))
    }
}

/// A stored moment as the API shows it.
pub(in crate::api::graphql) fn date_time(moment: UnixMillis) -> DateTime {
    DateTime(moment)
}
