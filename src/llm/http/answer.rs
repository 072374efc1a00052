//! What came back: an answer or a refusal, and in which form.

use std::time::Duration;

use reqwest::{Response, header::CONTENT_TYPE};
use serde_json::Value;

use super::{Endpoint, read_bounded, retry_after};
use crate::llm::LlmError;

/// The longest answer that is not streamed, in bytes.
const MAX_BODY_BYTES: usize = 8 << 20;

/// The most of a refusal's body that is read, in bytes.
const MAX_REFUSAL_BYTES: usize = 64 << 10;

/// The most tokens one call can have used: larger counts are nonsense, and sums of these cannot overflow.
const MAX_COUNT: u64 = 1 << 40;

/// An answer whose status is no success.
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// What was said: JSON, or a text as a JSON string.
    pub(crate) body: Value,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One JSON document.
    Json,
    /// Events, or something that does not say what it is and may be events.
    Events,
}

/// Passes a success on and reads what every other answer says.
pub(crate) async fn accepted(endpoint: &Endpoint, response: Response) -> Result<Response, Refusal> {
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    // The status says enough where the body cannot be read.
    let body = read_bounded(response, MAX_REFUSAL_BYTES, endpoint.stall_timeout())
        .await
        .unwrap_or_default();
    let body = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
    Err(Refusal {
        status,
        retry_after,
        body,
    })
}

/// The form of a success. A page for people, as gateways and sign-in walls send it, is no answer of a model.
pub(crate) fn form(endpoint: &Endpoint, response: &Response) -> Result<Form, LlmError> {
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    if kind.starts_with("application/json") {
        return Ok(Form::Json);
    }
    if ["text/html", "application/xhtml", "image/", "audio/", "video/"]
        .iter()
        .any(|page| kind.starts_with(page))
    {
        return Err(endpoint.malformed(&format!("the answer is {kind}, which no model sends")));
    }
    Ok(Form::Events)
}

/// The whole of an answer that is one JSON document.
pub(crate) async fn read_json(endpoint: &Endpoint, response: Response) -> Result<Value, LlmError> {
    let body = read_bounded(response, MAX_BODY_BYTES, endpoint.stall_timeout())
        .await
        .map_err(|error| endpoint.body_error(error))?;
    serde_json::from_slice(&body)
        .map_err(|error| endpoint.malformed(&format!("the answer is not JSON: {error}")))
}

/// A count that may come as `12`, `12.0`, `"12"`, `null` or not at all.
pub(crate) fn count(value: &Value) -> u64 {
    let number = match value {
        Value::Number(number) => number
            .as_u64()
            .or_else(|| number.as_f64().map(|float| float as u64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.unwrap_or(0).min(MAX_COUNT)
}
