//! Back-off: bounded, growing, and never all at the same moment.

use std::time::Duration;

use agent_orchestrator::domain::retry::Backoff;
use proptest::prelude::*;

const DAY_MS: u64 = 86_400_000;

proptest! {
    #[test]
    fn a_wait_is_between_half_its_bound_and_its_bound(
        base in 1..DAY_MS, max in 1..DAY_MS, failures in 0_u32.., chance in 0.0..1.0,
    ) {
        let backoff = Backoff { base: Duration::from_millis(base), max: Duration::from_millis(max) };
        let wait = backoff.delay(failures, chance);
        let doubled = u128::from(base).saturating_mul(1 << u128::from(failures.saturating_sub(1).min(60)));
        let bound = doubled.min(u128::from(max));
        prop_assert!(wait.as_millis() <= bound);
        prop_assert!(wait.as_nanos() >= bound * 500_000 - 1);
    }

    #[test]
    fn a_later_failure_never_waits_less(base in 1..DAY_MS, max in 1..DAY_MS, failures in 1_u32..200, chance in 0.0..1.0) {
        let backoff = Backoff { base: Duration::from_millis(base), max: Duration::from_millis(max) };
        prop_assert!(backoff.delay(failures + 1, chance) >= backoff.delay(failures, chance));
    }

    #[test]
    fn chance_outside_its_range_is_no_harm(chance in any::<f64>()) {
        let backoff = Backoff { base: Duration::from_secs(1), max: Duration::from_secs(60) };
        prop_assert!(backoff.delay(1, chance) <= Duration::from_secs(1));
    }
}

#[test]
fn it_doubles_from_the_base_to_the_bound() {
    let backoff = Backoff {
        base: Duration::from_millis(500),
        max: Duration::from_millis(3_000),
    };
    let waits: Vec<_> = (1..=5)
        .map(|failures| backoff.delay(failures, 1.0).as_millis())
        .collect();
    assert_eq!(waits, [500, 1_000, 2_000, 3_000, 3_000]);
    assert_eq!(backoff.delay(1, 0.0).as_millis(), 250);
}
