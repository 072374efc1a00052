//! The tools of a process by name, and the one way to call them: [`ToolRegistry::check`], then
//! [`ToolRegistry::run`]. They are two steps so that the engine can journal the checked call in between.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc};

use entity::enums::ToolEffect;
use futures_util::FutureExt;
use serde_json::Value;

use super::{
    Tool, ToolContext, ToolDefinition, ToolError, arguments, canonical, output, schema::ArgumentSchema, text,
};
pub use super::{
    output::{MAX_OUTPUT_BYTES, ToolOutput},
    schema::SchemaError,
};
use crate::domain::digest::sha256_hex;

/// The longest name of a tool, in characters.
const MAX_NAME_CHARS: usize = 64;

/// Why a set of tools cannot be a registry.
#[derive(Debug, thiserror::Error)]
pub enum ToolRegistryError {
    #[error("tool name {0:?} is not snake_case of 1 to {MAX_NAME_CHARS} characters")]
    BadName(String),
    #[error("two tools are named {0:?}")]
    DuplicateName(String),
    #[error("tool {0:?} has no description")]
    NoDescription(String),
    #[error("tool {0:?} has no time to run")]
    NoTimeout(String),
    #[error("the schema of tool {name:?} is refused: {source}")]
    BadSchema { name: String, source: SchemaError },
}

/// Collects tools for a [`ToolRegistry`].
#[derive(Default)]
pub struct ToolRegistryBuilder {
    tools: Vec<Arc<dyn Tool>>,
}

impl ToolRegistryBuilder {
    /// Adds one tool. It is checked by [`build`](Self::build).
    #[must_use]
    pub fn register(mut self, tool: Arc<dyn Tool>) -> Self {
        self.tools.push(tool);
        self
    }

    /// Adds several tools.
    #[must_use]
    pub fn register_all(mut self, tools: impl IntoIterator<Item = Arc<dyn Tool>>) -> Self {
        self.tools.extend(tools);
        self
    }

    /// Checks every definition and compiles every schema.
    ///
    /// # Errors
    ///
    /// [`ToolRegistryError`] for the first tool that cannot be served.
    pub fn build(self) -> Result<ToolRegistry, ToolRegistryError> {
        let mut entries = BTreeMap::new();
        for tool in self.tools {
            let definition = Arc::new(tool.definition().clone());
            let name = definition.name.clone();
            let schema = compile(&definition)?;
            if entries
                .insert(
                    name.clone(),
                    Entry {
                        tool,
                        definition,
                        schema,
                    },
                )
                .is_some()
            {
                return Err(ToolRegistryError::DuplicateName(name));
            }
        }
        Ok(ToolRegistry { entries })
    }
}

fn compile(definition: &ToolDefinition) -> Result<ArgumentSchema, ToolRegistryError> {
    let name = || definition.name.clone();
    if !is_snake_case(&definition.name) {
        return Err(ToolRegistryError::BadName(text::shorten(
            &definition.name,
            MAX_NAME_CHARS,
        )));
    }
    if definition.description.trim().is_empty() {
        return Err(ToolRegistryError::NoDescription(name()));
    }
    if definition.timeout.is_zero() {
        return Err(ToolRegistryError::NoTimeout(name()));
    }
    ArgumentSchema::compile(&definition.parameters)
        .map_err(|source| ToolRegistryError::BadSchema { name: name(), source })
}

fn is_snake_case(name: &str) -> bool {
    name.len() <= MAX_NAME_CHARS
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

struct Entry {
    tool: Arc<dyn Tool>,
    definition: Arc<ToolDefinition>,
    schema: ArgumentSchema,
}

/// The tools a process knows.
pub struct ToolRegistry {
    entries: BTreeMap<String, Entry>,
}

/// A call that passed every check. Only [`ToolRegistry::check`] makes one.
#[derive(Clone, Debug)]
pub struct CheckedCall {
    definition: Arc<ToolDefinition>,
    arguments: Value,
    canonical: String,
    digest: String,
}

impl CheckedCall {
    /// The tool, as registered.
    pub fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// The parsed arguments.
    pub fn arguments(&self) -> &Value {
        &self.arguments
    }

    /// The arguments as JSON with sorted keys and without spaces: equal arguments have equal text.
    pub fn canonical_arguments(&self) -> &str {
        &self.canonical
    }

    /// SHA-256 of [`canonical_arguments`](Self::canonical_arguments) in lower-case hex.
    pub fn arguments_digest(&self) -> &str {
        &self.digest
    }
}

impl ToolRegistry {
    /// Starts an empty registry.
    pub fn builder() -> ToolRegistryBuilder {
        ToolRegistryBuilder::default()
    }

    /// All tools, ordered by name.
    pub fn definitions(&self) -> impl Iterator<Item = &ToolDefinition> {
        self.entries.values().map(|entry| entry.definition.as_ref())
    }

    /// The tool of that name.
    pub fn get(&self, name: &str) -> Option<&ToolDefinition> {
        self.entries.get(name).map(|entry| entry.definition.as_ref())
    }

    /// Checks a call as a model wrote it: the tool exists, `allowed` names it, and the arguments fit its schema.
    ///
    /// Pure: it runs nothing, so it may be repeated on the journaled arguments after a crash.
    ///
    /// # Errors
    ///
    /// [`ToolError::Unknown`], [`ToolError::NotAllowed`] or [`ToolError::InvalidArguments`].
    pub fn check(
        &self,
        name: &str,
        raw_arguments: &str,
        allowed: &[String],
    ) -> Result<CheckedCall, ToolError> {
        let entry = self
            .entries
            .get(name)
            .ok_or_else(|| ToolError::Unknown(text::shorten(name, MAX_NAME_CHARS)))?;
        if !allowed.iter().any(|allowed| allowed == name) {
            return Err(ToolError::NotAllowed(name.to_owned()));
        }
        let arguments = arguments::parse(raw_arguments)?;
        entry.schema.check(&arguments)?;
        let canonical = canonical::to_text(&arguments);
        let digest = sha256_hex(canonical.as_bytes());
        Ok(CheckedCall {
            definition: Arc::clone(&entry.definition),
            arguments,
            canonical,
            digest,
        })
    }

    /// Runs a checked call within the tool's time. Dropping the future drops the call.
    ///
    /// # Errors
    ///
    /// What the tool answers; [`ToolError::TimedOut`]; for a tool that panics [`ToolError::Failed`], or
    /// [`ToolError::Unanswered`] where a second call would do something more.
    pub async fn run(&self, call: &CheckedCall, context: ToolContext<'_>) -> Result<ToolOutput, ToolError> {
        let name = &call.definition.name;
        let entry = self
            .entries
            .get(name)
            .ok_or_else(|| ToolError::Unknown(name.clone()))?;
        let work = AssertUnwindSafe(async { entry.tool.run(&call.arguments, context).await }).catch_unwind();
        match tokio::time::timeout(call.definition.timeout, work).await {
            Ok(Ok(Ok(text))) => Ok(ToolOutput::new(text)),
            Ok(Ok(Err(error))) => Err(output::clean_error(error)),
            Ok(Err(_panic)) => {
                // The panic hook has printed the message; it may hold internals, so the model does not get it.
                tracing::error!(tool.name = %name, step.id = %context.step_id, "a tool panicked");
                let message = "the tool broke down because of a fault of its own".to_owned();
                Err(match call.definition.effect {
                    ToolEffect::AtMostOnce => ToolError::Unanswered(message),
                    ToolEffect::Pure | ToolEffect::Idempotent => ToolError::Failed(message),
                })
            }
            Err(_elapsed) => Err(ToolError::TimedOut(call.definition.timeout)),
        }
    }
}
