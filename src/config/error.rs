//! Why a configuration is refused. Every message is one line that names the key, its place and what is expected,
//! and never shows a secret.

use std::path::PathBuf;

use figment::{Figment, error::Kind, value::Value};

use super::{
    layers::{Origin, Origins},
    suggest, values,
};

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file was asked for and is not there.
    #[error("configuration file {path}, named by {named_by}, does not exist", path = path.display())]
    MissingFile { path: PathBuf, named_by: &'static str },
    /// A file is there and cannot be read.
    #[error("configuration file {path} cannot be read: {source}", path = path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// A file is not TOML. Line and column count from 1.
    #[error("{path}:{line}:{column}: not valid TOML: {message}", path = path.display())]
    Syntax {
        path: PathBuf,
        line: usize,
        column: usize,
        message: String,
    },
    /// A file has a key that does not exist.
    #[error("unknown key `{key}` ({origin}){hint}")]
    UnknownKey {
        key: String,
        origin: Origin,
        hint: String,
    },
    /// A variable begins like ours and is none of ours.
    #[error("unknown environment variable {name}{hint}")]
    UnknownVariable { name: String, hint: String },
    /// A value is of the wrong type, out of range, or at odds with another. `found` is empty for secrets,
    /// otherwise ` = VALUE`.
    #[error("`{key}`{found} ({origin}): expected {expected}")]
    Invalid {
        key: String,
        found: String,
        origin: Origin,
        expected: String,
    },
}

/// A value that a check refuses, before it is known where it came from.
#[derive(Debug)]
pub(super) struct Invalid {
    key: &'static str,
    expected: String,
}

impl Invalid {
    pub(super) fn new(key: &'static str, expected: impl Into<String>) -> Self {
        Self {
            key,
            expected: expected.into(),
        }
    }

    /// The error to report, given all values and their origins.
    pub(super) fn located(self, tree: &Value, shape: &Value, origins: &Origins) -> ConfigError {
        ConfigError::Invalid {
            key: self.key.to_owned(),
            found: assignment(values::quote(tree, shape, self.key)),
            origin: origins.of(self.key).clone(),
            expected: self.expected,
        }
    }
}

/// Checks that a whole number is in a range.
pub(super) fn within<T: Copy + PartialOrd + std::fmt::Display>(
    key: &'static str,
    value: T,
    range: std::ops::RangeInclusive<T>,
) -> Result<(), Invalid> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Invalid::new(
        key,
        format!("a whole number from {} to {}", range.start(), range.end()),
    ))
}

/// Our error for the first problem the deserializer met.
pub(super) fn translate(
    problem: figment::Error,
    merged: &Figment,
    shape: &Value,
    origins: &Origins,
) -> ConfigError {
    let key = problem.path.join(".");
    let expected = match problem.kind {
        Kind::UnknownField(name, known) => {
            let origin = origins.of(list_of(&key)).clone();
            return ConfigError::UnknownKey {
                key,
                origin,
                hint: suggest::hint(&name, known.iter().copied()),
            };
        }
        Kind::Message(expected) => expected,
        Kind::UnknownVariant(_, known) => format!("one of {}", suggest::list(known.iter().copied())),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => plain_words(&expected),
        // The rest cannot come of reading values; its own words might quote one.
        _ => "a value of another kind".to_owned(),
    };
    let found = merged
        .find_value("")
        .ok()
        .and_then(|tree| values::quote(&tree, shape, &key));
    ConfigError::Invalid {
        origin: origins.of(list_of(&key)).clone(),
        key,
        found: assignment(found),
        expected: expected.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// The list a key is in, or the key. An element of a list has a key of its own, its number; its origin is the list's.
fn list_of(key: &str) -> &str {
    let mut end = 0;
    for part in key.split('.') {
        if end > 0 && part.parse::<usize>().is_ok() {
            return &key[..end - 1];
        }
        end += part.len() + 1;
    }
    key
}

fn assignment(found: Option<String>) -> String {
    found.map(|literal| format!(" = {literal}")).unwrap_or_default()
}

/// What serde expects, in the words of a configuration file.
fn plain_words(expected: &str) -> String {
    match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a string" | "path string" => "a text in quotes".to_owned(),
        "a sequence" => "a list in brackets".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}
