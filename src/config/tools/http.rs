//! `[[tools.http]]`: tools of the operator's own, called over HTTP. To add a setting: a field of [`HttpToolConfig`] with
//! its doc sentence, its range in [`check`], and a line in `orchestrator.example.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::Value;

use crate::config::{
    error::Invalid,
    secret::SecretUrl,
    template::{SecretTemplate, Unset},
};

/// The key of the list, as errors name it.
const KEY: &str = "tools.http";

/// Most tools of this kind.
const MAX_TOOLS: usize = 64;

/// Longest time one call may take: an hour.
const MAX_TIMEOUT_MS: u64 = 3_600_000;

/// One tool that is called over HTTP.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpToolConfig {
    /// What models call it: `snake_case`, and no name of a built-in tool.
    pub name: String,
    /// What it does, in one or two sentences for the model.
    pub description: String,
    /// Where calls are posted to, with `http://` or `https://`. It may be on this machine.
    #[serde(deserialize_with = "http_url")]
    pub url: SecretUrl,
    /// JSON Schema of its arguments, as a table or as JSON text. Unless it says otherwise, it is an object that is closed
    /// to properties it does not name. Default: no arguments.
    #[serde(
        default = "no_arguments",
        deserialize_with = "schema",
        serialize_with = "as_text"
    )]
    pub parameters: Value,
    /// What a repeated call does to the world. Default `at_most_once`.
    #[serde(default)]
    pub effect: HttpToolEffect,
    /// How long a call may take, its repeats included, in milliseconds. Default 30000.
    #[serde(default = "default_timeout_ms")]
    pub timeout_ms: u64,
    /// Headers of every call. `${NAME}` in a value stands for that environment variable.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretTemplate>,
    /// Agents that may use it, besides those whose own list of tools names it. Default none.
    #[serde(default)]
    pub agents: Vec<String>,
}

/// What a repeated call does to the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpToolEffect {
    /// Nothing: it only reads.
    Pure,
    /// The same as one call, because the tool recognises the idempotency key.
    Idempotent,
    /// Something more each time. A call of which nobody knows how it ended waits for a person.
    #[default]
    AtMostOnce,
}

/// Checks what can be checked of the tools without building them.
pub(super) fn check(tools: &[HttpToolConfig]) -> Result<(), Invalid> {
    if tools.len() > MAX_TOOLS {
        return Err(Invalid::new(KEY, format!("at most {MAX_TOOLS} tools")));
    }
    for tool in tools {
        if !(1..=MAX_TIMEOUT_MS).contains(&tool.timeout_ms) {
            let expected = format!(
                "`timeout_ms` of {:?} to be a whole number from 1 to {MAX_TIMEOUT_MS}",
                tool.name
            );
            return Err(Invalid::new(KEY, expected));
        }
        if tool.description.trim().is_empty() {
            let expected = format!("{:?} to have a `description`", tool.name);
            return Err(Invalid::new(KEY, expected));
        }
    }
    Ok(())
}

/// Puts the variables of the environment into the headers.
pub(super) fn resolve(tools: &mut [HttpToolConfig], env: &BTreeMap<String, String>) -> Result<(), Invalid> {
    for tool in tools {
        for (header, value) in &mut tool.headers {
            value.resolve(env).map_err(|Unset(variable)| {
                let expected = format!(
                    "the environment variable {variable} to be set, for the header {header} of {:?}",
                    tool.name
                );
                Invalid::new(KEY, expected)
            })?;
        }
    }
    Ok(())
}

pub(super) fn default_timeout_ms() -> u64 {
    30_000
}

fn no_arguments() -> Value {
    closed(serde_json::Map::new())
}

/// The schema with what goes without saying.
fn closed(mut schema: serde_json::Map<String, Value>) -> Value {
    schema.entry("type").or_insert_with(|| "object".into());
    schema
        .entry("properties")
        .or_insert_with(|| Value::Object(serde_json::Map::new()));
    schema.entry("additionalProperties").or_insert(Value::Bool(false));
    Value::Object(schema)
}

fn schema<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    let wrong = || D::Error::custom("a JSON Schema of an object, as a table or as JSON text");
    let written = match Value::deserialize(deserializer)? {
        Value::String(text) => serde_json::from_str(&text).map_err(|_| wrong())?,
        other => other,
    };
    match written {
        Value::Object(schema) => Ok(closed(schema)),
        _ => Err(wrong()),
    }
}

fn as_text<S: Serializer>(schema: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    let text = serde_json::to_string(schema).map_err(S::Error::custom)?;
    serializer.serialize_str(&text)
}

fn http_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretUrl, D::Error> {
    let text = String::deserialize(deserializer)?;
    SecretUrl::parse(
        text.trim(),
        &["https", "http"],
        "a URL that begins with `https://` or `http://`",
    )
    .map_err(D::Error::custom)
}

pub(super) fn http_url_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SecretUrl>, D::Error> {
    http_url(deserializer).map(Some)
}
