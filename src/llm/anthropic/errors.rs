//! What went wrong, from the error bodies that come with a status, in a stream or in place of an answer.
//! Source: Anthropic API documentation, "Errors".

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

use crate::llm::{
    LlmError,
    http::{Endpoint, accepted, from_status},
};

/// Passes a success on and turns every other answer into its error.
pub(super) async fn check(endpoint: &Endpoint, response: Response) -> Result<Response, LlmError> {
    accepted(endpoint, response)
        .await
        .map_err(|refusal| failure(endpoint, refusal.status, &refusal.body, refusal.retry_after))
}

/// The error of a body that came with status 200, in place of an answer or in the middle of a stream.
pub(super) fn in_answer(endpoint: &Endpoint, body: &Value) -> LlmError {
    failure(endpoint, status_of(body), body, None)
}

/// Whether a body is an error rather than an answer.
pub(super) fn is_error(body: &Value) -> bool {
    body["type"] == "error" || !body["error"].is_null()
}

fn failure(endpoint: &Endpoint, status: u16, body: &Value, retry_after: Option<Duration>) -> LlmError {
    let message = message(body);
    // An account without money is refused as 402, or as a bad request that says so: another key or provider helps.
    let status = if status == 402 || message.contains("credit balance is too low") {
        403
    } else {
        status
    };
    from_status(
        endpoint.provider(),
        status,
        &endpoint.presentable(&message),
        retry_after,
    )
}

/// The status that the type of an error stands for.
fn status_of(body: &Value) -> u16 {
    match body["error"]["type"].as_str().unwrap_or_default() {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    }
}

/// `{"type": "error", "error": {"type": …, "message": …}}`, or what gateways make of it; else the whole body.
fn message(body: &Value) -> String {
    [
        body,
        &body["error"]["message"],
        &body["error"],
        &body["message"],
        &body["error"]["type"],
    ]
    .into_iter()
    .find_map(|value| value.as_str().map(str::to_owned))
    .unwrap_or_else(|| body.to_string())
}
