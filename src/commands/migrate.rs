//! `migrate`: the database brought up to date.

use crate::{app, config::Config};

/// Applies the steps that are missing.
pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    app::migrate(config).await?;
    super::print("the database is up to date\n")
}
