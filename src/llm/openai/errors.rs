//! What went wrong, from the error bodies that servers send with a status, in a stream or in place of an answer.

use reqwest::Response;
use serde_json::Value;

use crate::llm::{
    LlmError,
    http::{Endpoint, accepted, from_status},
};

/// Passes a success on and turns every other answer into its error.
pub(super) async fn check(endpoint: &Endpoint, response: Response) -> Result<Response, LlmError> {
    let refusal = match accepted(endpoint, response).await {
        Ok(response) => return Ok(response),
        Err(refusal) => refusal,
    };
    let (message, code) = (message(&refusal.body), code(&refusal.body));
    let message = endpoint.presentable(&message);
    if code == "insufficient_quota" {
        // Sent as 429, but waiting does not help: the account has nothing left.
        return Err(LlmError::Unauthorized {
            provider: endpoint.provider().to_owned(),
            message,
        });
    }
    Err(from_status(
        endpoint.provider(),
        refusal.status,
        &message,
        refusal.retry_after,
    ))
}

/// The error of a body that came with status 200, in place of an answer or in the middle of a stream.
pub(super) fn in_answer(endpoint: &Endpoint, body: &Value) -> LlmError {
    let message = endpoint.presentable(&message(body));
    let status = match code(body).as_str() {
        "rate_limit_exceeded" | "rate_limit_error" | "overloaded_error" | "overloaded" => 429,
        "authentication_error" | "invalid_api_key" | "insufficient_quota" => 401,
        "invalid_request_error" | "context_length_exceeded" => 400,
        number => number
            .parse()
            .ok()
            .filter(|status| (400..600).contains(status))
            .unwrap_or(500),
    };
    from_status(endpoint.provider(), status, &message, None)
}

/// Whether a body is an error rather than an answer.
pub(super) fn is_error(body: &Value) -> bool {
    !body["error"].is_null() || body["object"] == "error"
}

/// `{"error": {"message": …}}`, `{"error": "…"}`, `{"message": …}` `{"detail": …}` or a text; else the whole body.
fn message(body: &Value) -> String {
    [
        body,
        &body["error"]["message"],
        &body["error"],
        &body["message"],
        &body["detail"],
    ]
    .into_iter()
    .find_map(|value| value.as_str().map(str::to_owned))
    .unwrap_or_else(|| body.to_string())
}

/// The code of an error, else its type: a word or a status.
fn code(body: &Value) -> String {
    let error = if body["error"].is_object() {
        &body["error"]
    } else {
        body
    };
    [&error["code"], &error["type"]]
        .into_iter()
        .find_map(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
        .unwrap_or_default()
}
