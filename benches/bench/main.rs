//! What `make bench` runs: the engine and the feed against the limits of the same Postgres on the same machine, in one
//! run, as one table.
//!
//! To add a row: a file with a function that measures and returns [`table::Row`]s, and its line in [`main`]. Give names
//! of rows as arguments to run just those.

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

mod database;
mod fanout;
mod latency;
mod limit;
mod load;
mod million;
mod process;
mod rig;
mod sockets;
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
    if let Some(("bare-broadcast", address)) = wanted.first().and_then(|first| first.split_once('=')) {
        return runtime()?.block_on(fanout::bare_broadcast(address));
    }
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
    if is_wanted("steps") || is_wanted("latency") {
        let peak = steps::measure(&limit, &mut table).await?;
        if is_wanted("latency") {
            latency::measure(peak, &mut table).await?;
        }
    }
    if is_wanted("million") {
        million::measure(&mut table).await?;
    }
    if is_wanted("sockets") {
        sockets::measure(&mut table).await?;
    }
    if is_wanted("fanout") {
        fanout::measure(&mut table).await?;
    }
    table.print();
    Ok(())
}
