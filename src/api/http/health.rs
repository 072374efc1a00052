//! What operators look at: is it alive, may it be sent requests, and how is it doing.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde_json::json;

use super::HttpState;

/// How long a look at the database may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// `GET /healthz`: the process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: 200 if requests can be served. Without Redis everything works, only slower: degraded, not down.
pub(super) async fn ready(State(state): State<HttpState>) -> impl IntoResponse {
    let database = matches!(
        tokio::time::timeout(PATIENCE, state.services.store.ping()).await,
        Ok(Ok(()))
    );
    let doorbell = state.services.feed.is_connected();
    let (status, word) = match (database, doorbell) {
        (true, true) => (StatusCode::OK, "ready"),
        (true, false) => (StatusCode::OK, "degraded"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let word_of = |up| if up { "up" } else { "down" };
    (
        status,
        Json(json!({ "status": word, "database": word_of(database), "doorbell": word_of(doorbell) })),
    )
}

/// `GET /metrics`, for Prometheus.
pub(super) async fn metrics(State(state): State<HttpState>) -> impl IntoResponse {
    metrics::counter!("database_statements_total").absolute(state.services.store.statements());
    metrics::gauge!("doorbell_connected").set(f64::from(u8::from(state.services.feed.is_connected())));
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        state.metrics.render(),
    )
}
