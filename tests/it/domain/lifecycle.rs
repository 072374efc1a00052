//! What may follow what. Each table names every legal move; all other pairs must be refused.

use agent_orchestrator::domain::lifecycle::{IllegalTransition, Lifecycle};
use entity::enums::{CallStatus, StepStatus, TaskStatus};
use sea_orm::Iterable;

fn check<S: Lifecycle + Iterable>(legal: &[(&str, &[&str])], last: &[&str]) {
    assert_eq!(legal.len(), S::iter().count(), "the table has a row per status");
    for from in S::iter() {
        let (_, after) = legal
            .iter()
            .find(|(status, _)| *status == from.text())
            .expect("a row");
        for to in S::iter() {
            let allowed = after.contains(&to.text());
            assert_eq!(from.allows(to), allowed, "{} to {}", from.text(), to.text());
            match from.to(to) {
                Ok(reached) => assert!(allowed && reached == to),
                Err(error) => {
                    assert!(!allowed);
                    assert_eq!(
                        error,
                        IllegalTransition {
                            what: S::WHAT,
                            from: from.text(),
                            to: to.text()
                        }
                    );
                }
            }
        }
        assert_eq!(from.is_final(), last.contains(&from.text()), "{}", from.text());
    }
}

#[test]
fn tasks() {
    check::<TaskStatus>(
        &[
            ("PENDING", &["RUNNING", "FAILED", "CANCELLED"]),
            ("RUNNING", &["WAITING", "COMPLETED", "FAILED", "CANCELLED"]),
            ("WAITING", &["RUNNING", "FAILED", "CANCELLED"]),
            ("COMPLETED", &[]),
            ("FAILED", &["RUNNING"]),
            ("CANCELLED", &["RUNNING"]),
        ],
        &["COMPLETED", "FAILED", "CANCELLED"],
    );
}

#[test]
fn steps() {
    check::<StepStatus>(
        &[
            ("PENDING", &["READY", "SKIPPED", "CANCELLED"]),
            ("READY", &["RUNNING", "SKIPPED", "CANCELLED"]),
            (
                "RUNNING",
                &["READY", "WAITING", "COMPLETED", "FAILED", "CANCELLED"],
            ),
            ("WAITING", &["READY", "FAILED", "CANCELLED", "SKIPPED"]),
            ("COMPLETED", &[]),
            ("FAILED", &["PENDING", "READY"]),
            ("CANCELLED", &["PENDING", "READY"]),
            ("SKIPPED", &["PENDING", "READY"]),
        ],
        &["COMPLETED", "FAILED", "CANCELLED", "SKIPPED"],
    );
}

#[test]
fn calls() {
    check::<CallStatus>(
        &[
            ("RESERVED", &["DISPATCHED", "FAILED"]),
            ("DISPATCHED", &["SUCCEEDED", "FAILED", "UNKNOWN"]),
            ("SUCCEEDED", &[]),
            ("FAILED", &[]),
            ("UNKNOWN", &["SUCCEEDED", "FAILED", "RESERVED"]),
        ],
        &["SUCCEEDED", "FAILED"],
    );
}

#[test]
fn a_refusal_says_what_was_wanted() {
    let error = TaskStatus::Completed.to(TaskStatus::Running).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a task that is COMPLETED cannot become RUNNING"
    );
}
