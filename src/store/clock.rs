//! The database's clock: the one clock that every process agrees on.

use entity::values::UnixMillis;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{Store, StoreError, connect::is_postgres};

/// SQL for the present moment in milliseconds. On Postgres the real one, not that of the transaction's start.
pub(super) fn now_sql(backend: DbBackend) -> &'static str {
    if is_postgres(backend) {
        "(extract(epoch from clock_timestamp()) * 1000)::bigint"
    } else {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    }
}

/// The present moment.
pub(super) async fn now(connection: &impl ConnectionTrait) -> Result<UnixMillis, StoreError> {
    let backend = connection.get_database_backend();
    let select = Statement::from_string(backend, format!("SELECT {} AS now", now_sql(backend)));
    let row = connection
        .query_one_raw(select)
        .await?
        .ok_or(StoreError::Missing("the database's clock"))?;
    Ok(UnixMillis(row.try_get("", "now")?))
}

impl Store {
    /// The present moment by the database's clock.
    pub async fn now(&self) -> Result<UnixMillis, StoreError> {
        now(&self.read).await
    }
}
