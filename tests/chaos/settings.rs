//! How long a run is, how much it does, and by which seed.

use std::{env, time::Duration};

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Decides the tasks, the faults and their times. What the machine makes of them differs each time.
    pub seed: u64,
    /// How long tasks come and faults happen. The run ends when everything has settled after that.
    pub breaking: Duration,
    pub tasks: usize,
    pub apis: usize,
    pub workers: usize,
}

impl Settings {
    /// What `make test` has time for.
    pub fn short(seed: u64) -> Self {
        Self {
            seed,
            breaking: Duration::from_secs(9),
            tasks: 20,
            apis: 2,
            workers: 3,
        }
    }

    /// What `make chaos` asks for.
    pub fn long() -> Self {
        let seconds = number("CHAOS_SECONDS").unwrap_or(600);
        Self {
            seed: number("CHAOS_SEED").unwrap_or_else(rand::random),
            breaking: Duration::from_secs(seconds),
            tasks: number("CHAOS_TASKS").map_or(seconds as usize, |tasks| tasks as usize),
            ..Self::short(0)
        }
    }
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok().filter(|text| !text.is_empty())?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name} must be a whole number, not {text:?}")))
}
