//! HTTP around the contract: `/graphql` (POST, GET for queries, WebSocket for subscriptions), GraphiQL at `/`, and what
//! operators look at.
//!
//! Every document passes [`guard`] before async-graphql's parser sees it, on every transport, because that parser can
//! be made to overflow its stack. To add a route: a file with its handler and a line in [`router`].

mod answer;
mod body;
mod executor;
mod fetch_site;
mod graphiql;
mod graphql;
pub mod guard;
mod health;
mod host;
mod params;
mod serve;
mod snapshot;
mod websocket;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Redirect},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
};

use super::graphql::{ApiSchema, Code};
use crate::services::Services;
use executor::GuardedExecutor;
pub use serve::serve;
pub use websocket::{Sockets, WebSocketSettings};

/// What the routes work with.
#[derive(Clone)]
pub struct HttpState {
    pub services: Services,
    pub metrics: PrometheusHandle,
    pub settings: Arc<HttpSettings>,
    pub sockets: Arc<Sockets>,
    pub(super) executor: GuardedExecutor,
}

/// How requests are held.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Largest body, in bytes.
    pub max_body: usize,
    /// How long a query or mutation may take.
    pub request_timeout: Duration,
    /// Whether only requests for `localhost` or a loopback address are answered, but for what operators look at.
    pub loopback_names_only: bool,
    pub websocket: WebSocketSettings,
}

impl HttpState {
    pub fn new(
        services: Services,
        schema: ApiSchema,
        metrics: PrometheusHandle,
        settings: HttpSettings,
    ) -> Self {
        let executor = GuardedExecutor::new(schema, services.clone());
        let sockets = Sockets::new(
            settings.websocket.clone(),
            executor.clone(),
            settings.request_timeout,
        );
        Self {
            services,
            metrics,
            settings: Arc::new(settings),
            sockets: Arc::new(sockets),
            executor,
        }
    }
}

/// The routes of a process with the `api` role.
pub fn router(state: HttpState) -> Router {
    let api = Router::new()
        .route("/", get(graphiql::page))
        .route("/playground", get(|| async { Redirect::permanent("/") }))
        .route("/assets/{name}", get(graphiql::asset))
        .route(
            "/graphql",
            get(graphql::get)
                .post(graphql::post)
                .layer(middleware::from_fn(fetch_site::check)),
        )
        .route("/schema.graphql", get(graphql::sdl))
        .layer(middleware::from_fn_with_state(state.clone(), host::check))
        .with_state(state.clone());
    finish(api.merge(operations(state)))
}

/// The routes of a process without it: only what operators look at.
pub fn operations_router(state: HttpState) -> Router {
    finish(operations(state))
}

fn operations(state: HttpState) -> Router {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .with_state(state)
}

fn finish(router: Router) -> Router {
    let id = HeaderName::from_static("x-request-id");
    let no_sniffing = HeaderValue::from_static("nosniff");
    router
        .fallback(|| async {
            answer::refusal(StatusCode::NOT_FOUND, Code::NotFound, "there is nothing here")
        })
        .method_not_allowed_fallback(|| async {
            answer::refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                Code::BadRequest,
                "this method is not allowed here",
            )
        })
        .layer(CatchPanicLayer::custom(|_| {
            answer::refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                Code::InternalServerError,
                "internal error",
            )
            .into_response()
        }))
        .layer(SetResponseHeaderLayer::overriding(
            header::X_CONTENT_TYPE_OPTIONS,
            no_sniffing,
        ))
        .layer(PropagateRequestIdLayer::new(id.clone()))
        .layer(SetRequestIdLayer::new(id, MakeRequestUuid))
}
