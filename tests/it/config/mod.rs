//! The configuration: what wins, what is refused and how, and what is never shown.

mod example;
mod http_tools;
mod mcp;
mod models;
mod precedence;
mod refusals;
mod resolved;
mod secrets;

use std::{collections::BTreeMap, path::Path};

use agent_orchestrator::config::{Config, ConfigError, Flags, Sources};

/// A working directory with an `orchestrator.toml`, and the rest of the sources.
struct Setting {
    dir: tempfile::TempDir,
    sources: Sources,
}

impl Setting {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let sources = Sources {
            working_dir: dir.path().to_owned(),
            ..Sources::default()
        };
        Self { dir, sources }
    }

    /// Writes `orchestrator.toml`.
    fn file(self, text: &str) -> Self {
        self.other_file("orchestrator.toml", text)
    }

    fn other_file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.dir.path().join(name), text).unwrap_or_else(|error| panic!("{error}"));
        self
    }

    fn env(mut self, variables: &[(&str, &str)]) -> Self {
        let owned = variables
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        self.sources.env = owned.collect::<BTreeMap<_, _>>();
        self
    }

    fn flags(mut self, flags: Flags) -> Self {
        self.sources.flags = flags;
        self
    }

    fn named_file(mut self, path: &str) -> Self {
        self.sources.file = Some(Path::new(path).to_owned());
        self
    }

    fn load(&self) -> Result<Config, ConfigError> {
        Config::load(&self.sources)
    }

    fn loaded(&self) -> Config {
        self.load().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The message of the refusal, which must be one line.
    fn refusal(&self) -> String {
        let message = match self.load() {
            Ok(config) => panic!("was accepted:\n{}", config.render()),
            Err(error) => error.to_string(),
        };
        assert!(!message.contains('\n'), "more than one line: {message}");
        message
    }
}

/// What a configuration says, without comments.
fn values(config: &Config) -> toml::Table {
    toml::from_str(&config.render()).unwrap_or_else(|error| panic!("{error}"))
}
