//! CPU time of this process and of the servers beside it, from `/proc`.

use std::fs;

use anyhow::Context;

/// CPU time used so far, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpu {
    pub(crate) own: u64,
    pub(crate) servers: u64,
}

impl Cpu {
    /// This process, and every Postgres and Redis process of the run.
    pub(crate) fn now() -> anyhow::Result<Self> {
        let own = of(std::process::id())?.context("this process is not in /proc")?;
        let mut servers = 0;
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
                continue;
            };
            let command = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            if matches!(command.trim(), "postgres" | "redis-server") {
                servers += of(pid)?.unwrap_or_default();
            }
        }
        Ok(Self { own, servers })
    }

    /// What was used since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            own: self.own.saturating_sub(before.own),
            servers: self.servers.saturating_sub(before.servers),
        }
    }

    /// Per operation, in words.
    pub(crate) fn per(self, operations: u64, what: &str) -> String {
        let operations = operations.max(1);
        format!(
            "CPU {} µs own + {} µs servers per {what}",
            self.own / operations,
            self.servers / operations
        )
    }
}

/// Of one process and the children it has waited for. A tick of the kernel's clock is a hundredth of a second.
fn of(pid: u32) -> anyhow::Result<Option<u64>> {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return Ok(None);
    };
    let (_, rest) = stat.rsplit_once(')').context("a strange /proc/…/stat")?;
    let ticks: u64 = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(Some(ticks * 10_000))
}

/// Resident memory of a process, in bytes.
pub(crate) fn resident(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next())
        .context("no VmRSS")?
        .parse()?;
    Ok(kib * 1024)
}
