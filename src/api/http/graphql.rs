//! `/graphql` over plain HTTP, and the way from there to a WebSocket.

use async_graphql::parser::types::OperationType;
use axum::{
    body::Body,
    extract::{FromRequestParts, Query, Request, State, WebSocketUpgrade},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    HttpState,
    answer::{MediaType, Outcome, answer, error, refusal},
    body,
    executor::{GuardedExecutor, errors_of, is_refusal, server_error},
    guard,
    params::{Params, UrlParams},
    websocket,
};
use crate::{
    api::graphql::{self, Code},
    services::caller::Caller,
};

/// `POST /graphql`.
pub(super) async fn post(State(state): State<HttpState>, headers: HeaderMap, body: Body) -> Response {
    // A page of another origin can send other types without asking first: nothing is carried out for it.
    if !is_json(&headers) {
        let message = "send the request as application/json";
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest, message);
    }
    let body = match body::read(body, &state.settings).await {
        Ok(body) => body,
        Err(refusal) => return *refusal,
    };
    match Params::from_body(&body) {
        Ok(params) => execute(&state, &headers, params, true).await,
        Err(message) => refusal(StatusCode::BAD_REQUEST, Code::BadRequest, &message),
    }
}

/// `GET /graphql`: a query in the URL, or the beginning of a WebSocket.
pub(super) async fn get(State(state): State<HttpState>, request: Request) -> Response {
    let (mut parts, _body) = request.into_parts();
    if parts.headers.contains_key(header::UPGRADE) {
        return match WebSocketUpgrade::from_request_parts(&mut parts, &state).await {
            Ok(upgrade) => websocket::upgrade(&state, &parts, upgrade),
            Err(rejection) => rejection.into_response(),
        };
    }
    let params = Query::<UrlParams>::try_from_uri(&parts.uri)
        .map_err(|error| error.body_text())
        .and_then(|Query(url)| Params::from_url(url));
    match params {
        Ok(params) => execute(&state, &parts.headers, params, false).await,
        Err(message) => refusal(StatusCode::BAD_REQUEST, Code::BadRequest, &message),
    }
}

/// `GET /schema.graphql`.
pub(super) async fn sdl() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        graphql::sdl(),
    )
}

async fn execute(state: &HttpState, headers: &HeaderMap, params: Params, may_mutate: bool) -> Response {
    let Some(media) = MediaType::accepted(headers) else {
        let message = "this server answers application/graphql-response+json and application/json";
        return refusal(StatusCode::NOT_ACCEPTABLE, Code::BadRequest, message);
    };
    let refused = |code, message: &str| answer(Outcome::Refused(vec![error(code, message)]), media);
    let document = match guard::check(&params.query) {
        Ok(document) => document,
        Err(refused) => {
            let response = async_graphql::Response::from_errors(vec![server_error(&refused)]);
            return answer(Outcome::Refused(errors_of(&response)), media);
        }
    };
    match GuardedExecutor::operation_type(&document, params.operation_name.as_deref()) {
        Some(OperationType::Query) => {}
        Some(OperationType::Mutation) if may_mutate => {}
        Some(OperationType::Mutation) => {
            let mut response = refusal(
                StatusCode::METHOD_NOT_ALLOWED,
                Code::BadRequest,
                "send mutations with POST",
            );
            response
                .headers_mut()
                .insert(header::ALLOW, header::HeaderValue::from_static("POST"));
            return response;
        }
        Some(OperationType::Subscription) => {
            let message =
                "subscriptions go over a WebSocket with the protocol graphql-transport-ws, on this path";
            return refused(Code::BadRequest, message);
        }
        None => {
            let message = "operationName must name one of the document's operations";
            return refused(Code::OperationResolutionFailure, message);
        }
    }
    let request_id = headers
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    let run = state
        .executor
        .run(params.into_request(), document, Caller::open(), request_id);
    match tokio::time::timeout(state.settings.request_timeout, run).await {
        Ok(response) if is_refusal(&response) => answer(Outcome::Refused(errors_of(&response)), media),
        Ok(response) => answer(Outcome::Executed(response), media),
        Err(_elapsed) => {
            let message = format!(
                "the operation took longer than {} ms",
                state.settings.request_timeout.as_millis()
            );
            refused(Code::Timeout, &message)
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    media.is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
}
