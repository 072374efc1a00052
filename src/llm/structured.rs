//! Answers as JSON of a given form: the schema, the JSON within what a model said, and what is wrong with it in words
//! the model can act on.

use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

use super::chat::ResponseSchema;

/// Most bytes of a schema that comes from outside.
const MAX_SCHEMA_BYTES: usize = 16 * 1024;

/// Most bytes a pattern of a schema takes when compiled.
const MAX_PATTERN_BYTES: usize = 256 * 1024;

/// Most patterns of a schema that comes from outside.
const MAX_PATTERNS: usize = 32;

/// Keywords that are not allowed in a schema that comes from outside: what refers to other places can do so in circles,
/// and what looks at all places around it again takes twice as long with each level.
const REFUSED: [&str; 5] = [
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "unevaluatedProperties",
    "unevaluatedItems",
];

/// Most bytes of an answer that is read.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// Most faults that are told at once.
const MAX_FAULTS: usize = 20;

/// Most characters of one fault.
const MAX_FAULT_CHARS: usize = 240;

/// Most characters of an offending value that a fault repeats.
const MAX_VALUE_CHARS: usize = 60;

/// Most places within an answer at which JSON is looked for.
const MAX_PLACES: usize = 64;

/// A form of answers, compiled once.
#[derive(Debug)]
pub struct Structured {
    form: ResponseSchema,
    validator: Validator,
}

/// JSON that was found in an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<'a> {
    pub value: Value,
    /// As it was written: with its order of fields, and every digit of its numbers.
    pub text: &'a str,
}

/// The schema is none, or refers to something outside itself.
#[derive(Debug, thiserror::Error)]
#[error("the form of the answer is no JSON Schema: {0}")]
pub struct FormError(#[source] Box<ValidationError<'static>>);

impl Structured {
    /// Compiles a schema. Its patterns are matched in linear time, and nothing outside it is fetched.
    pub fn compile(name: &str, schema: Value) -> Result<Self, FormError> {
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_BYTES))
            .build(&schema)
            .map_err(|error| FormError(Box::new(error)))?;
        Ok(Self {
            form: ResponseSchema {
                name: name.to_owned(),
                schema,
            },
            validator,
        })
    }

    /// What is sent with a request.
    pub fn form(&self) -> &ResponseSchema {
        &self.form
    }

    /// The JSON of an answer: bare, in a code fence, or with words around it. Else everything that is wrong with it,
    /// each with its place as a JSON Pointer.
    pub fn read<'a>(&self, answer: &'a str) -> Result<Found<'a>, Vec<String>> {
        if answer.len() > MAX_ANSWER_BYTES {
            let bytes = answer.len();
            return Err(vec![format!(
                "the answer is {bytes} bytes long; at most {MAX_ANSWER_BYTES} are allowed"
            )]);
        }
        let mut first_faults = None;
        let mut syntax = None;
        for text in candidates(answer) {
            match serde_json::from_str::<Value>(text) {
                Ok(value) => match self.check(&value) {
                    Ok(()) => {
                        let text = text.trim();
                        return Ok(Found { value, text });
                    }
                    Err(faults) => first_faults = first_faults.or(Some(faults)),
                },
                // What begins with a bracket was meant to be JSON; what is wrong with it is worth telling.
                Err(error) if text.trim_start().starts_with(['{', '[']) => {
                    syntax = syntax.or(Some(error.to_string()));
                }
                Err(_) => {}
            }
        }
        if let Some(found) = self.find_valid(answer) {
            return Ok(found);
        }
        Err(first_faults.unwrap_or_else(|| {
            let why = syntax.unwrap_or_else(|| "there is no whole object or list in it".to_owned());
            vec![format!(
                "the answer is not JSON: {}",
                shorten(&why, MAX_FAULT_CHARS)
            )]
        }))
    }

    /// Checks a value; the error is everything that is wrong with it.
    pub fn check(&self, value: &Value) -> Result<(), Vec<String>> {
        if has_nul(value) {
            return Err(vec!["a text has a NUL character in it".to_owned()]);
        }
        let mut faults: Vec<String> = self
            .validator
            .iter_errors(value)
            .take(MAX_FAULTS + 1)
            .map(|error| fault(&error))
            .collect();
        if faults.is_empty() {
            return Ok(());
        }
        if faults.len() > MAX_FAULTS {
            faults.truncate(MAX_FAULTS);
            faults.push("and more".to_owned());
        }
        Err(faults)
    }

    /// A piece of JSON somewhere within words that has the right form.
    fn find_valid<'a>(&self, answer: &'a str) -> Option<Found<'a>> {
        let places = answer.match_indices(['{', '[']).map(|(at, _)| at);
        places.take(MAX_PLACES).find_map(|at| {
            let mut values = serde_json::Deserializer::from_str(&answer[at..]).into_iter::<Value>();
            let value = values.next()?.ok()?;
            let text = &answer[at..at + values.byte_offset()];
            self.check(&value).is_ok().then_some(Found { value, text })
        })
    }
}

/// The form of a task's result, as whoever submitted it wants it.
#[derive(Debug)]
pub struct OutputForm;

/// Why a schema from outside is refused.
#[derive(Debug, thiserror::Error)]
pub enum OutputFormError {
    #[error("it is no JSON object")]
    NotAnObject,
    #[error("it has {0} bytes of JSON; at most {MAX_SCHEMA_BYTES} are allowed")]
    TooLong(usize),
    #[error("it has more than {MAX_PATTERNS} patterns")]
    TooManyPatterns,
    #[error("it uses {0}, which is not supported: write the schema out")]
    Refused(String),
    #[error(transparent)]
    Invalid(#[from] FormError),
}

impl OutputForm {
    /// Compiles a schema that comes from outside: bounded in size, and in what checking an answer can take.
    pub fn compile(schema: Value) -> Result<Structured, OutputFormError> {
        if !schema.is_object() {
            return Err(OutputFormError::NotAnObject);
        }
        let length = schema.to_string().len();
        if length > MAX_SCHEMA_BYTES {
            return Err(OutputFormError::TooLong(length));
        }
        let mut patterns = 0;
        look_for_refused(&schema, &mut patterns)?;
        if patterns > MAX_PATTERNS {
            return Err(OutputFormError::TooManyPatterns);
        }
        Ok(Structured::compile("result", schema)?)
    }
}

fn look_for_refused(schema: &Value, patterns: &mut usize) -> Result<(), OutputFormError> {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                if REFUSED.contains(&key.as_str()) {
                    return Err(OutputFormError::Refused(key.clone()));
                }
                *patterns += match (key.as_str(), value) {
                    ("pattern", Value::String(_)) => 1,
                    ("patternProperties", Value::Object(by_pattern)) => by_pattern.len(),
                    _ => 0,
                };
                look_for_refused(value, patterns)?;
            }
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| look_for_refused(item, patterns)),
        _ => Ok(()),
    }
}

/// What may be the JSON as a whole: everything, what stands in code fences, and from the first bracket to the last.
fn candidates(answer: &str) -> Vec<&str> {
    let whole = answer.trim();
    let mut found = Vec::new();
    // Every other part between fences is inside one; its first line may name the language.
    found.extend(
        whole
            .split("```")
            .skip(1)
            .step_by(2)
            .take(MAX_PLACES)
            .map(|block| {
                let (language, body) = block.split_once('\n').unwrap_or(("", block));
                if language.contains(['{', '[']) {
                    block
                } else {
                    body
                }
            }),
    );
    if found.is_empty() {
        found.push(whole);
    }
    if let Some(from) = whole.find(['{', '[']) {
        let close = if whole[from..].starts_with('{') { '}' } else { ']' };
        let to = whole.rfind(close).filter(|to| from < *to);
        // Without its end it is still what was meant, and says where it breaks off.
        found.push(to.map_or(&whole[from..], |to| &whole[from..=to]));
    }
    found
}

fn fault(error: &ValidationError<'_>) -> String {
    let value = shorten(&error.instance().to_string(), MAX_VALUE_CHARS);
    let message = error.masked_with(value).to_string();
    let path = error.instance_path().as_str();
    let place = if path.is_empty() { "the whole" } else { path };
    shorten(&format!("{place}: {message}"), MAX_FAULT_CHARS)
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

fn shorten(text: &str, most_chars: usize) -> String {
    match text.char_indices().nth(most_chars) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
