//! Durable steps per second: no work, tasks of a plan and a chain of three, 64 tasks in flight. Submissions, plans,
//! events and outputs are all stored, each step's before its dependents start.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::{
    database,
    limit::Limit,
    load,
    rig::{Rig, STEPS},
    table::{Row, Table},
    usage::Cpu,
};

/// Tasks kept in flight.
pub(crate) const IN_FLIGHT: usize = 64;

/// How long one run takes.
const TIME: Duration = Duration::from_secs(10);

/// The best of the runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peak {
    pub(crate) tasks_per_second: f64,
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) steps: u64,
    pub(crate) tasks_per_second: f64,
    pub(crate) steps_per_second: f64,
    pub(crate) wal_per_step: u64,
    pub(crate) steps_per_commit: f64,
    pub(crate) cpu: Cpu,
}

/// Loads the database at `url` for a while.
pub(crate) async fn run(url: &str, time: Duration) -> anyhow::Result<Run> {
    let (seen, mut seen_here) = mpsc::unbounded_channel();
    let rig = Rig::start(url.to_owned(), IN_FLIGHT, seen).await?;
    // Connections, prepared statements and caches are warm in a process that serves.
    load::closed(&rig, &mut seen_here, IN_FLIGHT, Duration::from_secs(2)).await?;
    let (wal, cpu, commits) = (database::wal_bytes(url)?, Cpu::now()?, database::commits(url)?);
    let (tasks, took) = load::closed(&rig, &mut seen_here, IN_FLIGHT, time).await?;
    let cpu = Cpu::now()?.since(cpu);
    let wal = database::wal_bytes(url)? - wal;
    let steps = tasks * STEPS;
    rig.stop().await?;
    let commits = database::commits(url)?.saturating_sub(commits).max(1);
    Ok(Run {
        steps,
        tasks_per_second: tasks as f64 / took.as_secs_f64(),
        steps_per_second: steps as f64 / took.as_secs_f64(),
        wal_per_step: wal / steps.max(1),
        steps_per_commit: steps as f64 / commits as f64,
        cpu,
    })
}

pub(crate) async fn measure(limit: &Limit, table: &mut Table) -> anyhow::Result<Peak> {
    let mut runs = Vec::new();
    for at in 1..=3 {
        let url = database::create(&format!("bench_steps_{at}"))?;
        runs.push(run(&url, TIME).await?);
    }
    runs.sort_by(|a, b| a.steps_per_second.total_cmp(&b.steps_per_second));
    let median = runs[runs.len() / 2];
    let share = median.steps_per_second / limit.commits * 100.0;
    table.add(Row::goal(
        "durable steps per second, 64 tasks in flight (median of 3 runs)",
        format!(
            "{:.0}/s, {share:.0} % of pgbench (runs: {})",
            median.steps_per_second,
            runs.iter()
                .map(|run| format!("{:.0}", run.steps_per_second))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        "at least 50 %",
        share >= 50.0,
        format!(
            "{}; {:.1} steps per commit, submissions included",
            median.cpu.per(median.steps, "step"),
            median.steps_per_commit
        ),
    ));
    table.add(Row::goal(
        "write-ahead log per step",
        format!("{:.1} KiB", median.wal_per_step as f64 / 1024.0),
        "at most 4 KiB",
        median.wal_per_step <= 4096,
        "full page images and submissions included",
    ));
    Ok(Peak {
        tasks_per_second: median.tasks_per_second,
    })
}
