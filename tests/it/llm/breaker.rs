//! When a provider is left alone, and when it is tried again.

use std::time::{Duration, Instant};

use agent_orchestrator::llm::breaker::{Breaker, BreakerSettings, Outcome};

const SECOND: Duration = Duration::from_secs(1);

fn breaker(failures: u32) -> Breaker {
    let settings = BreakerSettings {
        failures,
        window: 60 * SECOND,
        pause: 10 * SECOND,
    };
    Breaker::new("test", settings)
}

fn fail(breaker: &Breaker, now: Instant) {
    breaker.admit(now).unwrap().report(Outcome::Failed(None), now);
}

#[test]
fn it_opens_after_failures_in_a_row_and_says_for_how_long() {
    let (breaker, start) = (breaker(3), Instant::now());
    fail(&breaker, start);
    fail(&breaker, start);
    breaker.admit(start).unwrap().report(Outcome::Answered, start);
    fail(&breaker, start);
    fail(&breaker, start + SECOND);
    breaker.admit(start).unwrap().report(Outcome::Nothing, start);
    fail(&breaker, start + 2 * SECOND);
    assert_eq!(breaker.admit(start + 2 * SECOND).unwrap_err(), 10 * SECOND);
    assert_eq!(breaker.admit(start + 9 * SECOND).unwrap_err(), 3 * SECOND);
    assert!(breaker.admit(start + 12 * SECOND).is_ok());
}

#[test]
fn failures_far_apart_do_not_open_it() {
    let (breaker, start) = (breaker(2), Instant::now());
    for minute in 0..10 {
        fail(&breaker, start + 61 * minute * SECOND);
    }
    // The last of them began a row of its own.
    fail(&breaker, start + 61 * 9 * SECOND + SECOND);
    assert!(breaker.admit(start + 61 * 9 * SECOND + SECOND).is_err());
}

#[test]
fn one_call_at_a_time_tries_it_again() {
    let (breaker, start) = (breaker(1), Instant::now());
    fail(&breaker, start);
    let later = start + 10 * SECOND;
    let probe = breaker.admit(later).unwrap();
    assert!(breaker.admit(later).is_err(), "one is under way");
    drop(probe);
    // It was cancelled and said nothing: the next may try.
    fail(&breaker, later);
    assert_eq!(
        breaker.admit(later + SECOND).unwrap_err(),
        9 * SECOND,
        "it failed: open again"
    );
    let later = later + 10 * SECOND;
    breaker.admit(later).unwrap().report(Outcome::Nothing, later);
    breaker.admit(later).unwrap().report(Outcome::Answered, later);
    let (one, two) = (breaker.admit(later), breaker.admit(later));
    assert!(one.is_ok() && two.is_ok(), "closed");
}

#[test]
fn calls_from_before_do_not_keep_it_open() {
    let (breaker, start) = (breaker(1), Instant::now());
    let (early, late) = (breaker.admit(start).unwrap(), breaker.admit(start).unwrap());
    fail(&breaker, start);
    early.report(Outcome::Failed(None), start + 5 * SECOND);
    assert_eq!(breaker.admit(start + 6 * SECOND).unwrap_err(), 4 * SECOND);
    late.report(Outcome::Answered, start + 6 * SECOND);
    assert!(
        breaker.admit(start + 6 * SECOND).is_ok(),
        "an answer is an answer"
    );
}

#[test]
fn a_provider_is_left_alone_for_as_long_as_it_asks_within_reason() {
    for (asked, left_alone) in [(3, 10), (30, 30), (1_000_000, 300)] {
        let (breaker, start) = (breaker(1), Instant::now());
        let wait = Outcome::Failed(Some(asked * SECOND));
        breaker.admit(start).unwrap().report(wait, start);
        assert_eq!(breaker.admit(start).unwrap_err(), left_alone * SECOND);
    }
}

#[test]
fn zero_means_never() {
    let (breaker, start) = (breaker(0), Instant::now());
    for _ in 0..1_000 {
        fail(&breaker, start);
    }
    assert!(breaker.admit(start).is_ok());
}
