//! The effective configuration as TOML, for people: every key, its value or that it is not set, and its origin.

use std::fmt::Write;

use figment::value::{Dict, Value};

use super::{
    Config,
    layers::{Origin, Origins, join},
    values,
};

/// Renders all sections. Keys come in alphabetical order.
pub(super) fn render(config: &Config) -> String {
    let mut text =
        String::from("# The effective configuration. Behind each key: where its value came from.\n");
    match Value::serialize(config).map(Value::into_dict) {
        Ok(Some(sections)) => table(&mut text, "", &sections, &config.origins),
        Ok(None) => {}
        Err(error) => text.push_str(&format!("# It cannot be shown: {error}\n")),
    }
    text
}

fn table(text: &mut String, key: &str, dict: &Dict, origins: &Origins) {
    let has_values = dict.values().any(|value| !holds_tables(value));
    if has_values {
        text.push_str(&format!("\n[{key}]\n"));
    }
    values_of(text, dict, |name| origins.of(&join(key, name)));
    for (name, value) in dict {
        match value {
            Value::Dict(_, inner) => table(text, &join(key, name), inner, origins),
            Value::Array(_, items) if holds_tables(value) => list(text, &join(key, name), items, origins),
            _ => {}
        }
    }
}

/// Tables of a list, `[[key]]` each. Their values come from where the list does.
fn list(text: &mut String, key: &str, items: &[Value], origins: &Origins) {
    for item in items {
        let Some(dict) = item.as_dict() else { continue };
        let origin = origins.of(key);
        text.push_str(&format!("\n[[{key}]]\n"));
        values_of(text, dict, |_| origin);
        for (name, value) in dict {
            if let Value::Dict(_, inner) = value {
                text.push_str(&format!("\n[{key}.{name}]\n"));
                values_of(text, inner, |_| origin);
            }
        }
    }
}

/// Whether a value is written as a table or as several.
fn holds_tables(value: &Value) -> bool {
    match value {
        Value::Dict(..) => true,
        Value::Array(_, items) => items.iter().any(|item| matches!(item, Value::Dict(..))),
        _ => false,
    }
}

fn values_of<'a>(text: &mut String, dict: &Dict, origin_of: impl Fn(&str) -> &'a Origin) {
    for (name, value) in dict.iter().filter(|(_, value)| !holds_tables(value)) {
        let origin = origin_of(name);
        // Writing to a String cannot fail.
        let _ = match values::literal(value) {
            Some(literal) => writeln!(text, "{name} = {literal}  # {origin}"),
            None => writeln!(text, "# {name} is not set  # {origin}"),
        };
    }
}
