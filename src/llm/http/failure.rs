//! What a refusal over HTTP means, and when to come back.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::llm::LlmError;

/// The error for a status that is not a success. 529 is what overloaded model servers send by custom.
pub(crate) fn from_status(
    provider: &str,
    status: u16,
    message: &str,
    retry_after: Option<Duration>,
) -> LlmError {
    let provider = provider.to_owned();
    let message = if message.is_empty() {
        format!("status {status}")
    } else {
        format!("status {status}: {message}")
    };
    match status {
        429 | 503 | 529 => LlmError::Overloaded {
            provider,
            message,
            retry_after,
        },
        401 | 403 => LlmError::Unauthorized { provider, message },
        // Request Timeout, Too Early: about the moment, not about the request.
        408 | 425 | 500..=599 => LlmError::Unavailable { provider, message },
        300..=399 => LlmError::Rejected {
            provider,
            message: format!("{message} (redirects are not followed)"),
        },
        400..=499 => LlmError::Rejected { provider, message },
        _ => LlmError::Malformed { provider, message },
    }
}

/// How long the server asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
/// A date is read against the server's own `Date`, so clocks that differ do no harm; without one it says nothing.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    if let Some(milliseconds) = text("retry-after-ms").and_then(|value| value.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(milliseconds / 1_000.0).ok();
    }
    let value = text(RETRY_AFTER.as_str())?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?;
    let now = DateTime::parse_from_rfc2822(text(DATE.as_str())?).ok()?;
    Some((until - now).to_std().unwrap_or_default())
}
