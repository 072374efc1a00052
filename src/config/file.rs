//! The configuration file: finding it, reading it, and saying where it is broken.

use std::path::PathBuf;

use figment::value::Value;

use super::{
    error::ConfigError,
    layers::{Layer, Origin},
    sources::Sources,
};

/// Looked for in the working directory when no file is named.
const DEFAULT_NAME: &str = "orchestrator.toml";

/// Names another file, unless `--config` does.
pub(super) const FILE_VARIABLE: &str = "ORCHESTRATOR_CONFIG";

/// The file to read.
pub(super) struct ConfigFile {
    path: PathBuf,
    /// What is written in messages: the path as it was named.
    name: PathBuf,
    /// Who asked for it; nobody asks for the default one, so it may be absent.
    named_by: Option<&'static str>,
}

/// Which file counts: `--config`, then [`FILE_VARIABLE`], then the default one.
pub(super) fn find(sources: &Sources, from_env: Option<PathBuf>) -> ConfigFile {
    let (name, named_by) = match (&sources.file, from_env) {
        (Some(file), _) => (file.clone(), Some("--config")),
        (None, Some(file)) => (file, Some(FILE_VARIABLE)),
        (None, None) => (PathBuf::from(DEFAULT_NAME), None),
    };
    ConfigFile {
        path: sources.working_dir.join(&name),
        name,
        named_by,
    }
}

/// The layer in the file; `None` when the default file does not exist.
pub(super) fn read(file: &ConfigFile) -> Result<Option<Layer>, ConfigError> {
    let text = match (std::fs::read_to_string(&file.path), file.named_by) {
        (Ok(text), _) => text,
        (Err(error), None) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        (Err(error), Some(named_by)) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ConfigError::MissingFile {
                path: file.name.clone(),
                named_by,
            });
        }
        (Err(source), _) => {
            return Err(ConfigError::Unreadable {
                path: file.name.clone(),
                source,
            });
        }
    };
    let table: toml::Table = toml::from_str(&text).map_err(|error| {
        let (line, column) = position(&text, error.span().map_or(0, |span| span.start));
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        ConfigError::Syntax {
            path: file.name.clone(),
            line,
            column,
            message,
        }
    })?;
    let dict = Value::serialize(table)
        .ok()
        .and_then(Value::into_dict)
        .unwrap_or_default();
    Ok(Some(Layer::new(Origin::File(file.name.clone()), dict)))
}

/// Line and column, both from 1, of a byte offset; columns count characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}
