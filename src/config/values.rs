//! Values without their types: what kind of value a key takes, and how one is written in messages.

use std::{fmt::Display, str::FromStr};

use figment::value::{Dict, Empty, Value};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::Config;

/// All keys with their defaults: what a key takes is seen in its default.
pub(super) fn shape() -> Value {
    of(&Config::default())
}

/// A configuration as a tree of values, secrets hidden. A path that is not UTF-8 leaves the tree empty.
pub(super) fn of(config: &impl Serialize) -> Value {
    Value::serialize(config).unwrap_or_else(|_| Value::from(Dict::new()))
}

/// The value of a key.
pub(super) fn at<'a>(tree: &'a Value, key: &str) -> Option<&'a Value> {
    tree.find_ref(key)
}

/// Reads the text of a variable as the kind of value its key has by default. What does not parse stays text,
/// so that the error about it is the same as for a file.
pub(super) fn parse(text: &str, like: Option<&Value>) -> Value {
    match (like, text) {
        (Some(Value::Bool(..)), "true" | "1") => Value::from(true),
        (Some(Value::Bool(..)), "false" | "0") => Value::from(false),
        (Some(Value::Num(..)), _) => text
            .parse::<i64>()
            .map_or_else(|_| Value::from(text), Value::from),
        _ => Value::from(text),
    }
}

/// A value as it is written in TOML; `None` for one that is not set and for tables.
pub(super) fn literal(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(toml::Value::from(text.as_str()).to_string()),
        Value::Char(_, c) => Some(toml::Value::from(c.to_string()).to_string()),
        Value::Bool(_, flag) => Some(flag.to_string()),
        Value::Num(_, number) => number
            .to_i128()
            .map(|whole| whole.to_string())
            .or_else(|| number.to_u128().map(|whole| whole.to_string()))
            .or_else(|| number.to_f64().map(|float| format!("{float:?}"))),
        Value::Array(_, items) => {
            let items: Vec<String> = items.iter().filter_map(literal).collect();
            Some(format!("[{}]", items.join(", ")))
        }
        Value::Dict(..) | Value::Empty(_, Empty::None | Empty::Unit) => None,
    }
}

/// A value as an error may quote it: only where the key exists, takes a plain value and holds no secret.
pub(super) fn quote(tree: &Value, shape: &Value, key: &str) -> Option<String> {
    let plain = at(shape, key).is_some_and(|default| !matches!(default, Value::Dict(..)));
    let name = key.rsplit('.').next().unwrap_or(key);
    let secret = ["key", "url"].iter().any(|end| name.ends_with(end));
    if !plain || secret {
        None
    } else {
        at(tree, key).and_then(literal)
    }
}

/// Deserializes a text that may be left out; a blank one counts as left out.
pub(super) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    text.map(str::parse).transpose().map_err(D::Error::custom)
}
