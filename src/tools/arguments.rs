//! Reading the arguments a model wrote: JSON text of a bounded size and depth.

use serde_json::Value;

use super::{ToolError, text::shorten};

/// Most bytes of the arguments of one call.
const MAX_BYTES: usize = 64 * 1024;

/// Most objects and arrays inside one another.
const MAX_DEPTH: usize = 32;

/// Parses what a model wrote. Empty text means no arguments: `{}`.
///
/// # Errors
///
/// [`ToolError::InvalidArguments`] for text that is too long, too deep, not JSON, or has NUL characters in a
/// string or key (Postgres cannot store them).
pub(super) fn parse(raw: &str) -> Result<Value, ToolError> {
    if raw.len() > MAX_BYTES {
        return Err(invalid(format!(
            "{} bytes are too many, at most {MAX_BYTES} are allowed",
            raw.len()
        )));
    }
    if raw.trim().is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    // Before the parser, so that depth is ours to bound and every later walk over the value may recurse.
    if depth(raw) > MAX_DEPTH {
        return Err(invalid(format!("they are nested more than {MAX_DEPTH} deep")));
    }
    let value = serde_json::from_str(raw)
        .map_err(|error| invalid(format!("they are not JSON: {}", shorten(&error.to_string(), 200))))?;
    if has_nul(&value) {
        return Err(invalid("they contain a NUL character".to_owned()));
    }
    Ok(value)
}

fn invalid(message: String) -> ToolError {
    ToolError::InvalidArguments(message)
}

/// The deepest nesting of brackets outside of strings.
fn depth(raw: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in raw.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
