//! The limit beside which steps are measured: how many single rows this Postgres commits.

use crate::{database, table::Row};

/// What the server can do.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    /// Single-row insert commits per second at 16 clients.
    pub(crate) commits: f64,
}

/// Seconds each measurement takes.
const SECONDS: u32 = 8;

pub(crate) fn measure() -> anyhow::Result<Limit> {
    let url = database::create("bench_limit")?;
    database::ask(&url, "CREATE TABLE one (run_id bigint, seq bigint, payload text)")?;
    let insert = "INSERT INTO one (run_id, seq, payload) VALUES (1, 1, 'a row of one step');\n";
    let commits = database::pgbench(&url, insert, 16, SECONDS)?;
    Ok(Limit { commits })
}

impl Limit {
    pub(crate) fn row(self) -> Row {
        Row::info(
            "pgbench, single-row insert commits, 16 clients",
            format!("{:.0}/s", self.commits),
            "the limit for durable steps",
        )
    }
}
