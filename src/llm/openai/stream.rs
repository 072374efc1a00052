//! Reads a streamed answer to its end, wherever the server thinks that is.

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

/// How long usage and the end mark may take once the model has finished: some servers never close the stream.
const TAIL_TIMEOUT: Duration = Duration::from_secs(5);

/// What the stream said next.
enum Next {
    Chunk(Value),
    End,
}

/// Takes in chunks until the end mark, or until the stream ends after the model said why it stopped.
/// Before that an end is a break: the answer would be cut short and look complete.
pub(super) async fn read(
    endpoint: &Endpoint,
    response: Response,
    deltas: DeltaSink<'_>,
) -> Result<Assembly, LlmError> {
    let mut events = events(response, endpoint.stall_timeout());
    let mut assembly = Assembly::default();
    loop {
        let finished = assembly.is_finished();
        let event = if finished {
            timeout(TAIL_TIMEOUT, events.next()).await.unwrap_or(None)
        } else {
            events.next().await
        };
        match event {
            Some(Ok(event)) => match next(endpoint, &event.event, &event.data)? {
                Next::Chunk(chunk) => {
                    assembly
                        .add(&chunk, deltas)
                        .map_err(|error| endpoint.malformed(&error.to_string()))?;
                }
                Next::End => return Ok(assembly),
            },
            // The answer is whole; only its tail is missing.
            Some(Err(EventStreamError::Transport(_))) | None if finished => return Ok(assembly),
            Some(Err(EventStreamError::Transport(error))) => return Err(endpoint.body_error(error)),
            Some(Err(error)) => return Err(endpoint.malformed(&error.to_string())),
            None => return Err(endpoint.unavailable("the stream ended before the answer did")),
        }
    }
}

fn next(endpoint: &Endpoint, kind: &str, data: &str) -> Result<Next, LlmError> {
    if data.trim() == "[DONE]" {
        return Ok(Next::End);
    }
    if data.trim().is_empty() {
        return Ok(Next::Chunk(Value::Null));
    }
    let chunk: Value = serde_json::from_str(data)
        .map_err(|error| endpoint.malformed(&format!("a chunk is not JSON ({error}): {data}")))?;
    if kind == "error" || errors::is_error(&chunk) {
        return Err(errors::in_answer(endpoint, &chunk));
    }
    Ok(Next::Chunk(chunk))
}
