//! What inputs may look like. Everything stored has passed here.

use entity::values::{JsonText, NanoUsd, UserId};
use serde_json::Value;

use super::ServiceError;
use crate::{llm::structured::OutputForm, memory};

/// Longest description of a task, in bytes.
pub(super) const MAX_DESCRIPTION: usize = 32 * 1024;
/// Longest memory, in bytes.
pub(super) const MAX_MEMORY: usize = 16 * 1024;
/// Longest query of a memory search, in bytes.
pub(super) const MAX_QUERY: usize = 8 * 1024;
/// Longest note on a decision, in bytes.
pub(super) const MAX_NOTE: usize = 4 * 1024;
/// Largest metadata, in bytes of JSON.
pub(super) const MAX_METADATA: usize = 64 * 1024;
/// Deepest nesting of metadata.
pub(super) const MAX_METADATA_DEPTH: usize = 32;
/// Largest budget: a billion dollars' nano-dollars still fit 64 bits.
const MAX_BUDGET: NanoUsd = NanoUsd(1_000_000_000_000_000_000);

/// A user's name: 1 to 128 visible characters.
pub(super) fn user_id(name: &str) -> Result<UserId, ServiceError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(ServiceError::invalid("userId", "the user must be named"));
    }
    if name.len() > 128 || name.chars().any(char::is_control) {
        return Err(ServiceError::invalid(
            "userId",
            "a user's name has at most 128 bytes and no control characters",
        ));
    }
    Ok(UserId(name.to_owned()))
}

/// A text that is not blank, not too long, and free of NUL, which databases refuse.
pub(super) fn text(field: &'static str, text: &str, max: usize) -> Result<String, ServiceError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(ServiceError::invalid(field, format!("{field} must not be blank")));
    }
    if trimmed.len() > max {
        let message = format!("{field} has {} bytes; at most {max} are allowed", trimmed.len());
        return Err(ServiceError::invalid(field, message));
    }
    if trimmed.contains('\0') {
        return Err(ServiceError::invalid(
            field,
            format!("{field} must not contain the NUL character"),
        ));
    }
    Ok(trimmed.to_owned())
}

/// Metadata: a JSON object of bounded size and depth.
pub(super) fn metadata(value: Option<&Value>) -> Result<JsonText, ServiceError> {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return Ok(JsonText("{}".to_owned()));
    };
    if !value.is_object() {
        return Err(ServiceError::invalid(
            "metadata",
            "metadata must be a JSON object",
        ));
    }
    if is_deeper_than(value, MAX_METADATA_DEPTH) {
        let message = format!("metadata is nested deeper than {MAX_METADATA_DEPTH} levels");
        return Err(ServiceError::invalid("metadata", message));
    }
    let text = value.to_string();
    if text.len() > MAX_METADATA {
        let message = format!(
            "metadata has {} bytes of JSON; at most {MAX_METADATA} are allowed",
            text.len()
        );
        return Err(ServiceError::invalid("metadata", message));
    }
    if has_nul(value) {
        return Err(ServiceError::invalid(
            "metadata",
            "metadata must not contain the NUL character",
        ));
    }
    Ok(JsonText(text))
}

/// A JSON Schema for results, bounded in size and in what checking against it can take.
pub(super) fn output_schema(schema: Option<&Value>) -> Result<Option<JsonText>, ServiceError> {
    let Some(schema) = schema.filter(|schema| !schema.is_null()) else {
        return Ok(None);
    };
    let refused = |message: String| Err(ServiceError::invalid("outputSchema", message));
    if is_deeper_than(schema, MAX_METADATA_DEPTH) {
        return refused(format!(
            "outputSchema is nested deeper than {MAX_METADATA_DEPTH} levels"
        ));
    }
    if has_nul(schema) {
        return refused("outputSchema must not contain the NUL character".to_owned());
    }
    match OutputForm::compile(schema.clone()) {
        Ok(_) => Ok(Some(JsonText(schema.to_string()))),
        Err(error) => refused(format!("outputSchema: {error}")),
    }
}

fn is_deeper_than(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|item| is_deeper_than(item, levels - 1)),
        Value::Object(fields) => {
            levels == 0 || fields.values().any(|field| is_deeper_than(field, levels - 1))
        }
        _ => false,
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, field)| key.contains('\0') || has_nul(field)),
        _ => false,
    }
}

/// A budget above zero.
pub(super) fn budget(budget: NanoUsd) -> Result<NanoUsd, ServiceError> {
    if budget <= NanoUsd::ZERO || budget > MAX_BUDGET {
        return Err(ServiceError::invalid(
            "budget",
            "a budget is more than 0 and at most 1,000,000,000 USD",
        ));
    }
    Ok(budget)
}

/// A priority from −100 to 100.
pub(super) fn priority(priority: i32) -> Result<i32, ServiceError> {
    if (-100..=100).contains(&priority) {
        Ok(priority)
    } else {
        Err(ServiceError::invalid(
            "priority",
            "a priority is between -100 and 100",
        ))
    }
}

/// A key of 1 to 128 visible ASCII characters.
pub(super) fn idempotency_key(key: Option<String>) -> Result<Option<String>, ServiceError> {
    match key {
        Some(key)
            if key.is_empty() || key.len() > 128 || !key.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            let message = "an idempotency key has 1 to 128 visible ASCII characters";
            Err(ServiceError::invalid("idempotencyKey", message))
        }
        key => Ok(key),
    }
}

/// The namespace, or the default one.
pub(super) fn namespace(namespace: Option<String>) -> Result<String, ServiceError> {
    match namespace {
        None => Ok(memory::DEFAULT_NAMESPACE.to_owned()),
        Some(name) if memory::is_namespace(&name) => Ok(name),
        Some(_) => {
            let message = "a namespace has 1 to 64 ASCII letters, digits and the characters _ - . : /";
            Err(ServiceError::invalid("namespace", message))
        }
    }
}
