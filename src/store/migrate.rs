//! Bringing the schema up to date under a lock, so that any number of processes may start at once.

use migration::Migrator;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use sea_orm_migration::MigratorTrait;

use super::{Store, StoreError};

/// Any number will do, as long as every process uses the same.
const LOCK: i64 = 0x6167_656E_7473_6F72;

impl Store {
    /// Applies the steps that are missing, all or none. The lock is held until the surrounding transaction ends, so the
    /// others wait and then find nothing to do. SQLite needs no lock of ours: the data folder belongs to one process.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self.write.get_database_backend() {
            DbBackend::Postgres => {
                let holder = self.write.begin().await?;
                let lock = format!("SELECT pg_advisory_xact_lock({LOCK})");
                // Waiting for another process's migration may outlast the usual limit of a statement.
                holder
                    .execute_unprepared("SET LOCAL statement_timeout = 0")
                    .await?;
                holder
                    .execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = 0")
                    .await?;
                holder
                    .execute_raw(Statement::from_string(DbBackend::Postgres, lock))
                    .await?;
                // On the connection that holds the lock: a second one might be what the others in the pool wait for.
                Migrator::up(&holder, None).await?;
                holder.commit().await?;
            }
            _ => Migrator::up(&self.write, None).await?,
        }
        Ok(())
    }

    /// Names of the steps that have not been applied.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let pending = Migrator::get_pending_migrations(self.read.pool()).await?;
        Ok(pending.iter().map(|step| step.name().to_owned()).collect())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.read.pool().ping().await?)
    }
}
