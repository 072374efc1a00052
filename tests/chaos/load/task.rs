//! What tasks there are: drawn from the seed.

use std::time::Duration;

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use super::TINY;
use crate::outside::work::Work;

/// What is drawn for a step, with how often.
const COMMON: [(Work, u32); 6] = [
    (Work::Think, 3),
    (Work::Ponder, 2),
    (Work::Look, 2),
    (Work::Record, 4),
    (Work::Charge, 3),
    (Work::Trade, 3),
];

/// A task that will be submitted.
#[derive(Clone, Debug)]
pub struct PlannedTask {
    pub number: usize,
    pub user: String,
    pub steps: Vec<Work>,
    /// Whether the middle steps go beside each other.
    pub parallel: bool,
    pub budget: Option<&'static str>,
    pub priority: i32,
    /// When it comes, from the beginning of the run.
    pub at: Duration,
    /// How long after its acceptance somebody cancels it.
    pub cancel_after: Option<Duration>,
    pub key: String,
}

impl PlannedTask {
    /// The `number`th task of a run that takes `within`.
    pub fn draw(number: usize, of: usize, within: Duration, random: &mut StdRng) -> Self {
        let mut steps: Vec<Work> = (0..random.random_range(1..=3)).map(|_| common(random)).collect();
        // A few end badly, whatever happens: one by its model, one by killing whoever works on it. That one takes a lease
        // for each of its attempts, so it comes early.
        match number % 12 {
            5 => *steps.last_mut().unwrap() = Work::Spoil,
            1 if number % 60 == 1 => *steps.last_mut().unwrap() = Work::Doom,
            _ => {}
        }
        let milliseconds = within.as_millis() as u64;
        Self {
            number,
            user: format!("user{}", random.random_range(1..=4)),
            steps,
            parallel: random.random_bool(0.4),
            budget: match (number % 10, random.random_bool(0.3)) {
                (3 | 8, _) => Some(TINY),
                (_, true) => Some("5"),
                (_, false) => None,
            },
            priority: random.random_range(-2..=2),
            at: Duration::from_millis(number as u64 * milliseconds / of as u64),
            cancel_after: random
                .random_bool(0.12)
                .then(|| Duration::from_millis(random.random_range(0..4_000))),
            key: format!("order-{number}-{:08x}", random.random::<u32>()),
        }
    }

    /// A task of these steps, one after the other, that comes at once and that nobody cancels.
    pub fn at_once(number: usize, steps: &[Work]) -> Self {
        Self {
            number,
            user: "ada".to_owned(),
            steps: steps.to_vec(),
            parallel: false,
            budget: None,
            priority: 0,
            at: Duration::ZERO,
            cancel_after: None,
            key: format!("order-{number}"),
        }
    }

    pub fn code(&self, step: usize) -> String {
        self.steps[step].code(self.number, step)
    }

    /// Words that the rule-based planner makes these steps of.
    pub fn description(&self) -> String {
        let mut text = format!("Handle {}.", self.code(0));
        for step in 1..self.steps.len() {
            let word = match (self.parallel, step) {
                (true, 1) => "Meanwhile,",
                (true, _) => "Finally,",
                (false, _) => "Then",
            };
            text.push_str(&format!(" {word} handle {}.", self.code(step)));
        }
        text
    }

    pub fn input(&self) -> Value {
        let budget = self
            .budget
            .map(|amount| json!({ "amount": amount, "currency": "USD" }));
        json!({
            "userId": self.user, "description": self.description(), "priority": self.priority,
            "idempotencyKey": self.key, "budget": budget, "metadata": { "number": self.number },
        })
    }
}

fn common(random: &mut StdRng) -> Work {
    COMMON.choose_weighted(random, |(_, weight)| *weight).unwrap().0
}
