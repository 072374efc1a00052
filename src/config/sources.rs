//! What a configuration is read from, handed in by the caller.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use figment::value::Value;

use super::{
    error::ConfigError,
    layers::{Layer, Origin},
};

/// Everything [`super::Config::load`] looks at. It can hold secrets, so it has no `Debug`.
#[derive(Clone, Default)]
pub struct Sources {
    /// The file named by `--config`. It must exist; a relative path counts from `working_dir`.
    pub file: Option<PathBuf>,
    /// Where `orchestrator.toml` is looked for.
    pub working_dir: PathBuf,
    /// The environment of the process.
    pub env: BTreeMap<String, String>,
    /// What the command line says.
    pub flags: Flags,
}

/// The command-line flags that set a key, as they were typed. No `Debug`: URLs carry passwords.
#[derive(Clone, Default)]
pub struct Flags {
    /// `--listen` sets `server.listen`.
    pub listen: Option<String>,
    /// `--roles` sets `server.roles`.
    pub roles: Option<String>,
    /// `--data-dir` sets `storage.data_dir`.
    pub data_dir: Option<PathBuf>,
    /// `--database-url` sets `storage.database_url`.
    pub database_url: Option<String>,
    /// `--redis-url` sets `redis.url`.
    pub redis_url: Option<String>,
    /// `--log-format` sets `log.format`.
    pub log_format: Option<String>,
}

impl Flags {
    pub(super) fn layers(&self) -> Result<Vec<Layer>, ConfigError> {
        let data_dir = self.data_dir.as_deref().map(utf8).transpose()?;
        let flags = [
            ("--listen", "server.listen", self.listen.as_deref()),
            ("--roles", "server.roles", self.roles.as_deref()),
            ("--data-dir", "storage.data_dir", data_dir),
            (
                "--database-url",
                "storage.database_url",
                self.database_url.as_deref(),
            ),
            ("--redis-url", "redis.url", self.redis_url.as_deref()),
            ("--log-format", "log.format", self.log_format.as_deref()),
        ];
        let given = flags.into_iter().filter_map(|(flag, key, text)| {
            text.map(|text| Layer::of_key(Origin::Flag(flag), key, Value::from(text)))
        });
        Ok(given.collect())
    }
}

fn utf8(path: &Path) -> Result<&str, ConfigError> {
    path.to_str().ok_or_else(|| ConfigError::Invalid {
        key: "storage.data_dir".to_owned(),
        found: String::new(),
        origin: Origin::Flag("--data-dir"),
        expected: "a path in UTF-8".to_owned(),
    })
}
