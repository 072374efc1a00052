//! One text for equal arguments: what approvals and idempotency keys are made from.

use serde_json::Value;

use super::arguments;

/// The text that equal arguments have in common, from what a model wrote; what cannot be read stays as it is.
pub fn canonical_arguments(raw: &str) -> String {
    arguments::parse(raw).map_or_else(|_| raw.trim().to_owned(), |value| to_text(&value))
}

/// JSON without spaces and with the keys of every object in byte order.
///
/// Written out by hand because the order of a `serde_json` map depends on features other crates turn on.
/// The value's depth is bounded by [`super::arguments::parse`].
pub(super) fn to_text(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_str());
            text.push('{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_value(text, value);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_value(text, item);
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}
