//! Reads a streamed answer to its end.

use std::time::Duration;

use eventsource_stream::EventStreamError;
use futures_util::StreamExt;
use reqwest::Response;
use serde_json::Value;
use tokio::time::timeout;

use super::{assembly::Assembly, errors};
use crate::llm::{
    DeltaSink, LlmError,
    http::{Endpoint, events},
};

/// How long the end mark may take once the model has said why it stopped.
const TAIL_TIMEOUT: Duration = Duration::from_secs(5);

/// Takes in events until `message_stop`, or until the stream ends after the model said why it stopped.
/// Before that an end is a break: the answer would be cut short and look complete.
pub(super) async fn read(
    endpoint: &Endpoint,
    response: Response,
    deltas: DeltaSink<'_>,
) -> Result<Assembly, LlmError> {
    let mut events = events(response, endpoint.stall_timeout());
    let mut assembly = Assembly::default();
    while !assembly.is_over() {
        let finished = assembly.is_finished();
        let event = if finished {
            timeout(TAIL_TIMEOUT, events.next()).await.unwrap_or(None)
        } else {
            events.next().await
        };
        match event {
            Some(Ok(event)) => {
                let event = parsed(endpoint, &event.event, &event.data)?;
                assembly
                    .add(&event, deltas)
                    .map_err(|error| endpoint.malformed(&error.to_string()))?;
            }
            // The answer is whole; only its tail is missing.
            Some(Err(EventStreamError::Transport(_))) | None if finished => return Ok(assembly),
            Some(Err(EventStreamError::Transport(error))) => return Err(endpoint.body_error(error)),
            Some(Err(error)) => return Err(endpoint.malformed(&error.to_string())),
            None => return Err(endpoint.unavailable("the stream ended before the answer did")),
        }
    }
    Ok(assembly)
}

fn parsed(endpoint: &Endpoint, kind: &str, data: &str) -> Result<Value, LlmError> {
    // Gateways of another format may end a stream in their own way.
    if data.trim().is_empty() || data.trim() == "[DONE]" {
        return Ok(Value::Null);
    }
    let event: Value = serde_json::from_str(data)
        .map_err(|error| endpoint.malformed(&format!("an event is not JSON ({error}): {data}")))?;
    if kind == "error" || errors::is_error(&event) {
        return Err(errors::in_answer(endpoint, &event));
    }
    Ok(event)
}
