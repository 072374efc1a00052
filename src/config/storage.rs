//! `[storage]`: the database and the data folder.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize, Serializer};

use super::{
    error::{Invalid, within},
    secret::{SecretUrl, UrlError},
    values::optional,
};

pub(super) const VARIABLES: &[(&str, &str)] = &[
    ("DATABASE_URL", "storage.database_url"),
    ("ORCHESTRATOR_DATA_DIR", "storage.data_dir"),
];

/// Name of the SQLite file in the data folder.
const DATABASE_FILE: &str = "orchestrator.db";

/// Where rows and files are kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`. Not set: the file `orchestrator.db` in the data
    /// folder. Read from `DATABASE_URL`.
    #[serde(deserialize_with = "optional")]
    pub database_url: Option<Database>,
    /// Folder for everything the program keeps in files. Default `./data`. Read from `ORCHESTRATOR_DATA_DIR`.
    pub data_dir: PathBuf,
    /// Most connections to the database. Default 16.
    pub max_connections: u32,
    /// How long to wait for a free connection, in milliseconds. Default 5000.
    pub acquire_timeout_ms: u64,
    /// How long one statement may take, in milliseconds. Default 15000.
    pub statement_timeout_ms: u64,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self {
            database_url: None,
            data_dir: PathBuf::from("./data"),
            max_connections: 16,
            acquire_timeout_ms: 5_000,
            statement_timeout_ms: 15_000,
        }
    }
}

impl StorageConfig {
    /// The database to use.
    pub fn database(&self) -> Database {
        self.database_url
            .clone()
            .unwrap_or_else(|| Database::Sqlite(self.data_dir.join(DATABASE_FILE)))
    }

    /// How long to wait for a free connection.
    pub fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout_ms)
    }

    /// How long one statement may take.
    pub fn statement_timeout(&self) -> Duration {
        Duration::from_millis(self.statement_timeout_ms)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        if self.data_dir.as_os_str().is_empty() {
            return Err(Invalid::new("storage.data_dir", "the path of a folder"));
        }
        within("storage.max_connections", self.max_connections, 1..=1_000)?;
        within(
            "storage.acquire_timeout_ms",
            self.acquire_timeout_ms,
            100..=600_000,
        )?;
        within(
            "storage.statement_timeout_ms",
            self.statement_timeout_ms,
            100..=600_000,
        )
    }
}

/// A database, by what its URL says.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file, made when it does not exist.
    Sqlite(PathBuf),
    /// A server, with the URL it is reached by.
    Postgres(SecretUrl),
}

/// Why a text names no database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    #[error(transparent)]
    Url(#[from] UrlError),
    #[error("`sqlite://PATH` with the path of a file: a database in memory would not survive the process")]
    NoFile,
    #[error("`sqlite://PATH` without parameters other than `mode=rwc`")]
    Parameters,
}

const WANTED: &str = "`sqlite://PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`";

impl FromStr for Database {
    type Err = DatabaseError;

    /// The path of a SQLite URL is taken as it stands: `sqlite://data/my.db` is relative, `sqlite:///srv/my.db` is not.
    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        let Some(rest) = text.strip_prefix("sqlite:") else {
            return Ok(Self::Postgres(SecretUrl::parse(
                text,
                &["postgres", "postgresql"],
                WANTED,
            )?));
        };
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        if path.is_empty() || path == ":memory:" {
            return Err(DatabaseError::NoFile);
        }
        if !matches!(parameters, "" | "mode=rwc") {
            return Err(DatabaseError::Parameters);
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Display for Database {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(out, "sqlite://{}", path.display()),
            Self::Postgres(url) => write!(out, "{url}"),
        }
    }
}

impl Serialize for Database {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
