//! What a run says of itself at its end.

use std::{collections::BTreeMap, fmt, time::Duration};

use entity::enums::AttemptOutcome;

use crate::{invariants::World, settings::Settings, tally::Tally};

/// The numbers of a run.
pub struct Report {
    settings: Settings,
    took: Duration,
    counts: BTreeMap<String, u64>,
    /// How many were checked, if all of them hold.
    invariants: Option<usize>,
}

impl Report {
    pub fn new(
        settings: &Settings,
        took: Duration,
        tally: &Tally,
        world: &World,
        invariants: Option<usize>,
    ) -> Self {
        for task in &world.tasks {
            tally.count(format!("task: {}", task.status.as_str()));
        }
        let expired = world
            .attempts
            .values()
            .flatten()
            .filter(|attempt| attempt.outcome == AttemptOutcome::Expired);
        tally.add("takeovers after a lease", expired.count() as u64);
        tally.add(
            "events checked",
            world.events.values().map(|events| events.len() as u64).sum(),
        );
        tally.add(
            "events seen by subscribers",
            world.followers.iter().map(|log| log.events.len() as u64).sum(),
        );
        tally.add(
            "pieces of output read",
            world.readers.iter().map(|log| log.pieces).sum(),
        );
        tally.add("model calls", world.asked.len() as u64);
        tally.add("tool calls", world.called.len() as u64);
        Self {
            settings: *settings,
            took,
            counts: tally.all(),
            invariants,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings {
            seed,
            breaking,
            apis,
            workers,
            ..
        } = self.settings;
        writeln!(out, "chaos run: seed {seed}, {apis} APIs, {workers} workers")?;
        writeln!(
            out,
            "  {:.0} s of faults, {:.0} s in all",
            breaking.as_secs_f64(),
            self.took.as_secs_f64()
        )?;
        for (what, count) in &self.counts {
            writeln!(out, "  {count:>7}  {what}")?;
        }
        match self.invariants {
            Some(held) => write!(out, "  all {held} invariants hold"),
            None => write!(out, "  not all invariants hold"),
        }
    }
}
