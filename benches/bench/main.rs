//! What `make bench` runs: the engine and the feed against the limits of the same Postgres on the same machine, in one
//! run, as one table.
//!
//! To add a row: a file with a function that measures and returns [`table::Row`]s, and its line in [`main`]. Give names
//! of rows as arguments to run just those.

mod database;
mod limit;
mod load;
mod rig;
mod steps;
mod table;
mod usage;

use anyhow::Context;

use self::table::Table;

fn main() -> anyhow::Result<()> {
    // Cargo's own arguments begin with a dash.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    runtime()?.block_on(run(&wanted))
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no runtime")
}

async fn run(wanted: &[String]) -> anyhow::Result<()> {
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let mut table = Table::default();
    let limit = limit::measure()?;
    table.add(limit.row());
    if is_wanted("steps") || is_wanted("latency") || is_wanted("million") {
        steps::measure(&limit, &mut table).await?;
    }
    table.print();
    Ok(())
}
