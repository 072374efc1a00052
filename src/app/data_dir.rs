//! The data folder, and the lock that keeps a second embedded process out of it.

use std::fs::{self, File, TryLockError};

use anyhow::{Context, bail};

use crate::config::{Config, Database};

/// The folder, open for as long as this lives.
pub(super) struct DataDir {
    /// Held with SQLite: its file belongs to one process. Postgres keeps its own order.
    _lock: Option<File>,
}

impl DataDir {
    /// Makes the folder if it is not there, and takes its lock.
    pub(super) fn open(config: &Config) -> anyhow::Result<Self> {
        let path = &config.storage.data_dir;
        fs::create_dir_all(path)
            .with_context(|| format!("cannot make the data folder {}", path.display()))?;
        let Database::Sqlite(database) = config.storage.database() else {
            return Ok(Self { _lock: None });
        };
        let folder = database
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(path);
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let lock_path = database.with_extension("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .with_context(|| format!("cannot write to the data folder: {}", lock_path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => bail!(
                "another process uses {}: stop it, name another folder with ORCHESTRATOR_DATA_DIR, or share a \
                 Postgres database with DATABASE_URL",
                database.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", lock_path.display()))
            }
        }
    }
}
