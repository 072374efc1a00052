//! A circuit breaker: a provider that fails again and again is left alone for a while, then tried with one call.
//!
//! One stands before each configured provider, which has one key, so there is one per provider and key. What it knows is
//! this process's own experience and is forgotten with it. The pattern: Nygard, "Release It!", "Circuit Breaker".

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The longest a provider's own wish for patience keeps its breaker open.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Transient failures in a row that open it. 0: it never opens.
    pub failures: u32,
    /// How long after the first of them the last may come.
    pub window: Duration,
    /// How long it stays open before one call is let through.
    pub pause: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failures: 5,
            window: Duration::from_secs(60),
            pause: Duration::from_secs(10),
        }
    }
}

/// What a call says about its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answers.
    Answered,
    /// It fails for the moment; it may have said for how long.
    Failed(Option<Duration>),
    /// Nothing, as with a key that is refused.
    Nothing,
}

/// Counts failures and keeps calls away.
#[derive(Debug)]
pub struct Breaker {
    provider: String,
    settings: BreakerSettings,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Calls go through. The failures in a row, and when the first of them was.
    Closed { failures: u32, since: Option<Instant> },
    /// No calls go through until then.
    Open { until: Instant },
    /// One call at a time goes through.
    HalfOpen { is_probed: bool },
}

/// Leave to make one call. Dropped without a word, as by a cancel, it says nothing about the provider.
#[derive(Debug)]
pub struct Permit<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
}

impl Breaker {
    /// A closed breaker. The name stands in the metrics.
    pub fn new(provider: &str, settings: BreakerSettings) -> Self {
        let breaker = Self {
            provider: provider.to_owned(),
            settings,
            state: Mutex::new(State::Closed {
                failures: 0,
                since: None,
            }),
        };
        breaker.show(false);
        breaker
    }

    /// Leave to call, or how long to wait before asking again.
    pub fn admit(&self, now: Instant) -> Result<Permit<'_>, Duration> {
        let mut state = self.state();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } if now < until => return Err(until - now),
            State::HalfOpen { is_probed: true } => return Err(self.settings.pause),
            State::Open { .. } | State::HalfOpen { is_probed: false } => true,
        };
        if is_probe {
            *state = State::HalfOpen { is_probed: true };
        }
        Ok(Permit {
            breaker: self,
            is_probe,
        })
    }

    fn answered(&self) {
        let before = std::mem::replace(
            &mut *self.state(),
            State::Closed {
                failures: 0,
                since: None,
            },
        );
        if !matches!(before, State::Closed { .. }) {
            tracing::info!(provider = %self.provider, "the provider answers again");
            self.show(false);
        }
    }

    fn failed(&self, was_probe: bool, wait: Option<Duration>, now: Instant) {
        let mut state = self.state();
        let opens = match *state {
            State::Closed { failures, since } => {
                let first = since
                    .filter(|first| now.saturating_duration_since(*first) <= self.settings.window)
                    .unwrap_or(now);
                let failures = if since == Some(first) {
                    failures.saturating_add(1)
                } else {
                    1
                };
                *state = State::Closed {
                    failures,
                    since: Some(first),
                };
                self.settings.failures > 0 && failures >= self.settings.failures
            }
            State::HalfOpen { .. } => was_probe,
            // A call that began before it opened says nothing new.
            State::Open { .. } => false,
        };
        if opens {
            let pause = self
                .settings
                .pause
                .max(wait.unwrap_or_default().min(LONGEST_PAUSE));
            *state = State::Open { until: now + pause };
            drop(state);
            tracing::warn!(provider = %self.provider, pause_ms = pause.as_millis(), "the provider is left alone for a while");
            metrics::counter!("model_breaker_opened_total", "provider" => self.provider.clone()).increment(1);
            self.show(true);
        }
    }

    fn show(&self, is_open: bool) {
        let open = f64::from(u8::from(is_open));
        metrics::gauge!("model_breaker_open", "provider" => self.provider.clone()).set(open);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Says how the call went.
    pub fn report(self, outcome: Outcome, now: Instant) {
        match outcome {
            Outcome::Answered => self.breaker.answered(),
            Outcome::Failed(wait) => self.breaker.failed(self.is_probe, wait, now),
            Outcome::Nothing => {}
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.breaker.state();
        if self.is_probe && matches!(*state, State::HalfOpen { .. }) {
            *state = State::HalfOpen { is_probed: false };
        }
    }
}
