//! The Postgres server of a run, asked through `psql`.

use std::{env, path::PathBuf, process::Command};

use anyhow::{Context, bail, ensure};

/// A URL or path that `scripts/with-services.sh` gives.
pub(crate) fn service(name: &str) -> anyhow::Result<String> {
    env::var(name).with_context(|| format!("{name} is not set: run `make bench`"))
}

fn program(name: &str) -> anyhow::Result<PathBuf> {
    Ok(PathBuf::from(service("TEST_POSTGRES_BIN")?).join(name))
}

/// What one statement answers, as text.
pub(crate) fn ask(url: &str, sql: &str) -> anyhow::Result<String> {
    let output = Command::new(program("psql")?)
        .args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            url,
            "-c",
            sql,
        ])
        .output()?;
    ensure!(
        output.status.success(),
        "psql: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// An empty database of its own.
pub(crate) fn create(name: &str) -> anyhow::Result<String> {
    let server = service("TEST_POSTGRES_URL")?;
    ask(&server, &format!("CREATE DATABASE {name}"))?;
    let Some((base, _)) = server.rsplit_once('/') else {
        bail!("TEST_POSTGRES_URL names no database")
    };
    Ok(format!("{base}/{name}"))
}

/// Bytes of write-ahead log since the cluster began.
pub(crate) fn wal_bytes(url: &str) -> anyhow::Result<u64> {
    let bytes = ask(url, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")?;
    Ok(bytes.parse()?)
}

/// Commits in a database so far.
pub(crate) fn commits(url: &str) -> anyhow::Result<u64> {
    let sql = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    Ok(ask(url, sql)?.parse()?)
}

/// Transactions per second of one statement, prepared, from several clients.
pub(crate) fn pgbench(url: &str, statement: &str, clients: u32, seconds: u32) -> anyhow::Result<f64> {
    let script = tempfile::NamedTempFile::new()?;
    std::fs::write(script.path(), statement)?;
    let output = Command::new(program("pgbench")?)
        .args(["-n", "-M", "prepared", "-j", "2"])
        .args(["-c", &clients.to_string(), "-T", &seconds.to_string()])
        .arg("-f")
        .arg(script.path())
        .arg(url)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let tps = text
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|rest| rest.split(' ').next())
        .with_context(|| {
            format!(
                "pgbench printed no tps: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            )
        })?;
    Ok(tps.parse()?)
}
