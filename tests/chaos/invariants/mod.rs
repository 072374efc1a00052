//! What must hold after everything that went wrong, read from the database, from the log of the world outside, and from
//! the subscribers' logs.
//!
//! To add an invariant: a function in the file of its subject that tells each breach with the rows involved, and its
//! line in [`ALL`].

mod effects;
mod events;
mod journal;
mod money;
mod outputs;
mod steps;
pub mod tampering;
mod tasks;
mod world;

pub use world::World;

type Invariant = (&'static str, fn(&World, &mut Breaches));

/// Each with its promise, in words.
const ALL: &[Invariant] = &[
    (
        "one task per idempotency key, and none that nobody submitted",
        tasks::one_per_key,
    ),
    ("every task has ended", tasks::all_ended),
    ("tasks end as their steps did", tasks::end_as_their_steps),
    (
        "poison ends as failed, with the reasons of all its attempts",
        tasks::poison_fails,
    ),
    (
        "what can succeed does, unless its attempts are used up",
        tasks::the_rest_completes,
    ),
    (
        "nothing is asked without the money for it",
        tasks::the_poor_are_raised,
    ),
    ("no step of an ended task is open or held", steps::none_is_open),
    (
        "one attempt per epoch, none beyond the limit",
        steps::attempts_are_counted,
    ),
    (
        "no epoch wrote after the next one's claim",
        steps::epochs_do_not_overlap,
    ),
    (
        "one output per completed step, written by the attempt that completed",
        steps::one_output,
    ),
    (
        "no step started before what it depends on was completed",
        steps::dependencies_come_first,
    ),
    (
        "events are numbered 1, 2, 3, … up to the task's number",
        events::contiguous,
    ),
    ("steps change by the rules of their life", events::legal),
    ("the events tell what the rows say", events::agree_with_rows),
    (
        "every subscriber saw exactly the events of the table",
        events::subscribers_saw_all,
    ),
    (
        "the pieces of an output make up the output",
        outputs::pieces_make_the_output,
    ),
    (
        "every question was written down before it was asked",
        journal::asked_by_the_book,
    ),
    (
        "an answer is recorded once, and never bought again",
        journal::answers_are_bought_once,
    ),
    ("no call is left open", journal::none_is_open),
    (
        "every tool call was written down before it was made",
        effects::called_by_the_book,
    ),
    ("the same call comes under the same key", effects::keys_are_stable),
    (
        "what must not be repeated was not, without a person's word",
        effects::nothing_repeated,
    ),
    ("what is recorded as done was done", effects::done_is_done),
    (
        "entries add up to steps, steps to tasks, tasks to users",
        money::sums_agree,
    ),
    ("each call was paid for once", money::paid_once),
    ("no task cost more than its budget", money::within_budget),
    (
        "nothing is reserved for a task that has ended",
        money::nothing_reserved,
    ),
];

/// What does not hold.
#[derive(Debug, Default)]
pub struct Breaches {
    found: Vec<String>,
}

impl Breaches {
    /// Tells of one, if it is one.
    fn unless(&mut self, holds: bool, told: impl FnOnce() -> String) {
        if !holds {
            self.found.push(told());
        }
    }
}

/// Checks everything. Answers how many invariants hold; a breach is told with all others, by invariant.
pub fn check(world: &World) -> Result<usize, String> {
    let mut told = String::new();
    for (promise, invariant) in ALL {
        let mut breaches = Breaches::default();
        invariant(world, &mut breaches);
        if breaches.found.is_empty() {
            continue;
        }
        told.push_str(&format!("\nBROKEN: {promise} ({} times)\n", breaches.found.len()));
        for breach in breaches.found.iter().take(5) {
            told.push_str(&format!("  - {breach}\n"));
        }
    }
    if told.is_empty() { Ok(ALL.len()) } else { Err(told) }
}
