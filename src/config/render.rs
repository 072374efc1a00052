//! The effective configuration as TOML, for people: every key, its value or that it is not set, and its origin.

use std::fmt::Write;

use figment::value::{Dict, Value};

use super::{
    Config,
    layers::{Origins, join},
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
    let is_table = |value: &Value| matches!(value, Value::Dict(..));
    let has_values = dict.values().any(|value| !is_table(value));
    if has_values {
        text.push_str(&format!("\n[{key}]\n"));
    }
    for (name, value) in dict.iter().filter(|(_, value)| !is_table(value)) {
        let origin = origins.of(&join(key, name));
        // Writing to a String cannot fail.
        let _ = match values::literal(value) {
            Some(literal) => writeln!(text, "{name} = {literal}  # {origin}"),
            None => writeln!(text, "# {name} is not set  # {origin}"),
        };
    }
    for (name, value) in dict {
        if let Value::Dict(_, inner) = value {
            table(text, &join(key, name), inner, origins);
        }
    }
}
