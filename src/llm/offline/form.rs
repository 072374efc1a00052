//! Answers of a given form: the text goes where the schema wants text, and everything else is the plainest value that fits.
//!
//! What a pattern or a format asks of a text is not met; whoever asks checks the answer as any model's.

use serde_json::{Map, Value, json};

/// Most characters of one text.
const MAX_CHARS: usize = 2_000;

/// Most items that a list is filled with.
const MAX_ITEMS: u64 = 16;

/// Levels of a schema that are followed.
const MAX_DEPTH: usize = 32;

/// A value for a schema.
pub(super) fn fill(schema: &Value, text: &str) -> Value {
    filled(schema, text, MAX_DEPTH)
}

fn filled(schema: &Value, text: &str, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    if let Some(value) = schema.get("const").or_else(|| schema["enum"].get(0)) {
        return value.clone();
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if schema.get("type").is_none()
            && let Some(first) = schema[choice].get(0)
        {
            return filled(first, text, depth - 1);
        }
    }
    match kind(schema) {
        "object" => object(schema, text, depth),
        "array" => {
            let count = schema["minItems"].as_u64().unwrap_or(1).min(MAX_ITEMS);
            let item = filled(&schema["items"], text, depth - 1);
            (0..count).map(|_| item.clone()).collect()
        }
        "integer" | "number" => number(schema),
        "boolean" => json!(false),
        "null" => Value::Null,
        _ => string(schema, text),
    }
}

fn kind(schema: &Value) -> &str {
    let named = match &schema["type"] {
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        kind => kind.as_str(),
    };
    named.unwrap_or(if schema["properties"].is_object() {
        "object"
    } else {
        "string"
    })
}

fn object(schema: &Value, text: &str, depth: usize) -> Value {
    let mut fields = Map::new();
    let properties = schema["properties"].as_object().into_iter().flatten();
    for (name, property) in properties {
        fields.insert(name.clone(), filled(property, text, depth - 1));
    }
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        fields.entry(name).or_insert_with(|| string(&Value::Null, text));
    }
    Value::Object(fields)
}

fn number(schema: &Value) -> Value {
    let of = |name: &str| schema[name].as_i64();
    let least = of("minimum").or_else(|| of("exclusiveMinimum").map(|below| below.saturating_add(1)));
    let most = of("maximum").or_else(|| of("exclusiveMaximum").map(|above| above.saturating_sub(1)));
    json!(0.max(least.unwrap_or(0)).min(most.unwrap_or(i64::MAX)))
}

fn string(schema: &Value, text: &str) -> Value {
    let bound = |name: &str| {
        schema[name]
            .as_u64()
            .and_then(|bound| usize::try_from(bound).ok())
    };
    let most = bound("maxLength").unwrap_or(MAX_CHARS).min(MAX_CHARS);
    let mut said: String = text.chars().take(most).collect();
    let missing = bound("minLength")
        .unwrap_or(0)
        .min(MAX_CHARS)
        .saturating_sub(said.chars().count());
    said.extend(std::iter::repeat_n('.', missing));
    Value::from(said)
}
