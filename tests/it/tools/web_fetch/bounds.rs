//! Bounds on size and time.

use std::time::Duration;

use agent_orchestrator::tools::{ToolError, builtin::web_fetch::WebFetchSettings};
use axum::{
    Router,
    body::{Body, Bytes},
    routing::get,
};
use futures_util::stream;

use super::{
    fetch,
    site::{Site, typed},
};

#[tokio::test]
async fn reading_stops_at_the_bound() {
    let endless = || async {
        let chunks = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 4_096])));
        typed("text/plain", Body::from_stream(chunks))
    };
    let site = Site::serve(
        Router::new()
            .route("/endless", get(endless))
            .route("/exact", get(|| async { "x".repeat(1_000) })),
    )
    .await;
    let small = site.registry(WebFetchSettings {
        max_bytes: 1_000,
        ..site.settings()
    });
    let cut = fetch(&small, &site.url("/endless")).await.unwrap();
    assert!(cut.contains("Only the first 1000 bytes were read."), "{cut}");
    assert!(cut.ends_with(&format!("\n\n{}", "x".repeat(1_000))), "{cut}");
    let exact = fetch(&small, &site.url("/exact")).await.unwrap();
    assert!(!exact.contains("Only the first"), "{exact}");
    let default = site.fetch("/endless").await.unwrap();
    assert!(
        default.contains("Only the first 524288 bytes were read."),
        "{default:.300}"
    );
    assert!(default.ends_with("bytes in all]"));
}

#[tokio::test]
async fn a_slow_answer_ends_at_the_timeout() {
    let slow_body = || async {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"first"))]);
        let never = stream::pending();
        typed(
            "text/plain",
            Body::from_stream(futures_util::StreamExt::chain(first, never)),
        )
    };
    let router = Router::new()
        .route("/body", get(slow_body))
        .route("/head", get(|| async { std::future::pending::<()>().await }));
    let site = Site::serve(router).await;
    let hasty = site.registry(WebFetchSettings {
        timeout: Duration::from_millis(200),
        ..site.settings()
    });
    for path in ["/body", "/head"] {
        let error = fetch(&hasty, &site.url(path)).await.unwrap_err();
        assert!(
            matches!(error, ToolError::TimedOut(after) if after == Duration::from_millis(200)),
            "{error}"
        );
    }
}
