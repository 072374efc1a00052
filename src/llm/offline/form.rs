//! Answers of a given form: the text goes where the schema wants text, and what was calculated where it wants a number.
//! What is not known is left out or null where the schema allows it; where it does not, there is no such answer, for a made
//! up value would look like a finding.
//!
//! What a pattern or a format asks of a text is not met; whoever asks checks the answer as any model's.

use serde_json::{Map, Value};

/// Most characters of one text.
const MAX_CHARS: usize = 2_000;

/// Most items that a list is filled with.
const MAX_ITEMS: u64 = 16;

/// Levels of a schema that are followed.
const MAX_DEPTH: usize = 32;

/// A value for a schema, if the text has what it wants.
pub(super) fn fill(schema: &Value, text: &str) -> Option<Value> {
    filled(schema, text, MAX_DEPTH)
}

fn filled(schema: &Value, text: &str, depth: usize) -> Option<Value> {
    if depth == 0 {
        return None;
    }
    if let Some(value) = schema.get("const") {
        return Some(value.clone());
    }
    if let Some(choices) = schema["enum"].as_array() {
        return match &choices[..] {
            [only] => Some(only.clone()),
            choices => choices.contains(&Value::Null).then_some(Value::Null),
        };
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if schema.get("type").is_none()
            && let Some(choices) = schema[choice].as_array()
        {
            return choices.iter().find_map(|choice| filled(choice, text, depth - 1));
        }
    }
    let (kind, may_be_null) = kind(schema);
    let value = match kind {
        "object" => object(schema, text, depth),
        "array" => array(schema, text, depth),
        "integer" | "number" => calculated(text),
        "boolean" => None,
        "null" => Some(Value::Null),
        _ => Some(string(schema, text)),
    };
    value.or(may_be_null.then_some(Value::Null))
}

/// What is wanted, and whether null would do.
fn kind(schema: &Value) -> (&str, bool) {
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let unnamed = if schema["properties"].is_object() {
        "object"
    } else {
        "string"
    };
    let named = kinds.iter().find(|kind| **kind != "null").or(kinds.first());
    (named.copied().unwrap_or(unnamed), kinds.contains(&"null"))
}

fn object(schema: &Value, text: &str, depth: usize) -> Option<Value> {
    let mut fields = Map::new();
    let properties = schema["properties"].as_object().into_iter().flatten();
    for (name, property) in properties {
        if let Some(value) = filled(property, text, depth - 1) {
            fields.insert(name.clone(), value);
        }
    }
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if fields.contains_key(name) {
            continue;
        }
        if schema["properties"].get(name).is_some() {
            return None;
        }
        fields.insert(name.to_owned(), string(&Value::Null, text));
    }
    Some(Value::Object(fields))
}

fn array(schema: &Value, text: &str, depth: usize) -> Option<Value> {
    let least = schema["minItems"].as_u64().unwrap_or(0);
    let Some(item) = filled(&schema["items"], text, depth - 1) else {
        return (least == 0).then(|| Value::Array(Vec::new()));
    };
    Some((0..least.clamp(1, MAX_ITEMS)).map(|_| item.clone()).collect())
}

/// The result of the only calculation in the text.
fn calculated(text: &str) -> Option<Value> {
    let mut results: Vec<Value> = text
        .split("= ")
        .skip(1)
        .filter_map(|after| {
            let end = after
                .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-'))
                .unwrap_or(after.len());
            serde_json::from_str(after[..end].trim_end_matches('.')).ok()
        })
        .collect();
    results.dedup();
    match results.len() {
        1 => results.pop(),
        _ => None,
    }
}

fn string(schema: &Value, text: &str) -> Value {
    let bound = |name: &str| {
        schema[name]
            .as_u64()
            .and_then(|bound| usize::try_from(bound).ok())
    };
    let most = bound("maxLength").unwrap_or(MAX_CHARS).min(MAX_CHARS);
    Value::from(text.chars().take(most).collect::<String>())
}
