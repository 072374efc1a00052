//! Moments as `DateTime`.

use chrono::{DateTime, Utc};
use entity::values::UnixMillis;

/// A stored moment as the API shows it.
pub(in crate::api::graphql) fn date_time(moment: UnixMillis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(moment.0).unwrap_or_default()
}
