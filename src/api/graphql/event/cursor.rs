//! Cursors of a task's events. The same on every replica and transport: they name the event, not the connection.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::api::graphql::error::Error;

/// The cursor of an event; 0 is the place before the first.
pub fn encode(seq: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("seq:{seq}"))
}

/// The event the cursor in `field` names.
pub(in crate::api::graphql) fn decode(field: &'static str, cursor: &str) -> Result<i64, Error> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix("seq:")?.parse().ok())
        .filter(|seq| *seq >= 0)
        .ok_or_else(|| Error::BadInput {
            field,
            message: format!("{field} is not a cursor of a task's events"),
        })
}

/// The event after which a reader goes on, or the place before the first.
pub(in crate::api::graphql) fn decode_after(after: Option<&str>) -> Result<i64, Error> {
    after.map_or(Ok(0), |cursor| decode("after", cursor))
}
