//! Breaking things for real: the binary as child processes, a Postgres and a Redis of their own, proxies in front of both,
//! and a scripted world of models and tools that keeps the truth about effects.
//!
//! A target of its own, because a run wants the machine to itself and kills the servers it works on. `make test` makes the
//! short runs; `make chaos` makes the long one, by `CHAOS_SECONDS`, `CHAOS_SEED` and `CHAOS_TASKS`.
//!
//! [`run`] is the story of one run. To add a fault: a variant in [`faults`]; to add an invariant: a function in a file of
//! [`invariants`] and its line in the list there; to add a kind of work: a variant in [`outside::work`].

#![cfg(test)]
#![expect(unreachable_pub, reason = "nothing outside reaches a test")]
#![expect(
    clippy::print_stdout,
    reason = "a run says by which seed it ran and what it did"
)]

mod crowd;
mod faults;
mod fleet;
mod invariants;
mod load;
mod outside;
mod proxy;
mod report;
mod run;
mod settings;
mod subscribers;
mod tally;

mod rolling;
mod takeover;
