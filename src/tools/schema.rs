//! A tool's JSON Schema, compiled once, and its complaints in words a model can act on.

use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

use super::{ToolError, text::shorten};

/// Most bytes of a schema as JSON text.
const MAX_SCHEMA_BYTES: usize = 32 * 1024;

/// Most complaints in one message.
const MAX_COMPLAINTS: usize = 5;

/// Most characters of one complaint.
const MAX_COMPLAINT_CHARS: usize = 200;

/// Most characters of an offending value that a complaint repeats.
const MAX_VALUE_CHARS: usize = 40;

/// Why a schema cannot describe a tool's arguments.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    #[error("it is {0} bytes long; at most {MAX_SCHEMA_BYTES} are allowed")]
    TooLong(usize),
    #[error("its type is not \"object\"")]
    NotAnObject,
    #[error("it does not say \"additionalProperties\": false")]
    Open,
    /// Not a JSON Schema, or one that refers to something outside itself.
    #[error("{0}")]
    Invalid(#[source] Box<ValidationError<'static>>),
}

/// A compiled schema of the arguments of one tool.
pub(super) struct ArgumentSchema(Validator);

impl ArgumentSchema {
    /// Compiles a schema: an object that is closed to unknown properties and refers to nothing outside itself.
    pub(super) fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let length = schema.to_string().len();
        if length > MAX_SCHEMA_BYTES {
            return Err(SchemaError::TooLong(length));
        }
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            return Err(SchemaError::NotAnObject);
        }
        if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err(SchemaError::Open);
        }
        // The linear-time engine: no pattern, however made, can be driven into backtracking by arguments.
        jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(schema)
            .map(Self)
            .map_err(|error| SchemaError::Invalid(Box::new(error)))
    }

    /// Checks arguments. The message names the place of each fault as a JSON Pointer.
    pub(super) fn check(&self, arguments: &Value) -> Result<(), ToolError> {
        let mut complaints: Vec<String> = self
            .0
            .iter_errors(arguments)
            .take(MAX_COMPLAINTS + 1)
            .map(|error| complaint(&error))
            .collect();
        if complaints.is_empty() {
            return Ok(());
        }
        if complaints.len() > MAX_COMPLAINTS {
            complaints.truncate(MAX_COMPLAINTS);
            complaints.push("and more".to_owned());
        }
        Err(ToolError::InvalidArguments(complaints.join("; ")))
    }
}

fn complaint(error: &ValidationError<'_>) -> String {
    let value = shorten(&error.instance().to_string(), MAX_VALUE_CHARS);
    let message = error.masked_with(value).to_string();
    let path = error.instance_path().as_str();
    shorten(
        &if path.is_empty() {
            message
        } else {
            format!("{path}: {message}")
        },
        MAX_COMPLAINT_CHARS,
    )
}
