//! What a running tool cannot do to the process.

use std::time::Duration;

use agent_orchestrator::tools::{ToolError, registry::MAX_OUTPUT_BYTES};

use super::{Act, HostDouble, call, probe, registry_of};

#[tokio::test]
async fn outputs_are_cleaned_and_capped() {
    let host = HostDouble::default();
    let said = async |text: &str| {
        call(
            &registry_of([probe(Act::Say(text.to_owned()))]),
            &host,
            "probe",
            r#"{"text":"a"}"#,
        )
        .await
        .unwrap()
    };
    let clean = said("a\0b\0").await;
    assert_eq!((clean.text.as_str(), clean.truncated), ("ab", false));
    let exact = said(&"x".repeat(MAX_OUTPUT_BYTES)).await;
    assert_eq!((exact.text.len(), exact.truncated), (MAX_OUTPUT_BYTES, false));
    // A character of three bytes lies across the limit.
    let long = said(&format!("x{}", "€".repeat(20_000))).await;
    assert!(long.truncated);
    let kept = long
        .text
        .strip_suffix("… [output truncated: 60001 bytes in all]")
        .unwrap();
    assert_eq!(kept.len(), MAX_OUTPUT_BYTES - 1);
    assert!(kept.ends_with('€'));
}

#[tokio::test]
async fn errors_are_cleaned_and_capped() {
    let host = HostDouble::default();
    let registry = registry_of([probe(Act::Fail(format!("bad\0{}", "€".repeat(100_000))))]);
    let error = call(&registry, &host, "probe", r#"{"text":"a"}"#)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "TOOL_FAILED");
    let message = error.to_string();
    assert!(message.starts_with("bad€") && message.chars().count() == 2_001);
}

#[tokio::test]
async fn a_panicking_tool_is_a_failed_call() {
    let host = HostDouble::default();
    let registry = registry_of([probe(Act::Panic)]);
    let error = call(&registry, &host, "probe", r#"{"text":"a"}"#)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "TOOL_FAILED");
    assert!(!error.to_string().contains("secret"), "{error}");
    // The registry is as good as before.
    assert!(
        registry
            .check("probe", r#"{"text":"a"}"#, &["probe".to_owned()])
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn a_hanging_tool_ends_at_its_timeout() {
    let host = HostDouble::default();
    let registry = registry_of([probe(Act::Hang)]);
    let started = tokio::time::Instant::now();
    let error = call(&registry, &host, "probe", r#"{"text":"a"}"#)
        .await
        .unwrap_err();
    assert!(
        matches!(error, ToolError::TimedOut(after) if after == Duration::from_secs(30)),
        "{error}"
    );
    assert!((30..31).contains(&started.elapsed().as_secs()));
}

#[tokio::test]
async fn a_call_checked_elsewhere_is_unknown_here() {
    let host = HostDouble::default();
    let call = registry_of([probe(Act::Hang)])
        .check("probe", r#"{"text":"a"}"#, &["probe".to_owned()])
        .unwrap();
    let error = registry_of([]).run(&call, host.context()).await.unwrap_err();
    assert_eq!(error.code(), "UNKNOWN_TOOL");
}
