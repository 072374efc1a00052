//! Bodies: read whole, up to a size and within a time.

use axum::{body::Body, http::StatusCode, response::Response};
use futures_util::StreamExt;

use super::{HttpSettings, answer::refusal};
use crate::api::graphql::Code;

/// How much of a body that is too large is still taken, in bytes. A caller who is cut off while writing sees a broken
/// connection where the answer would say why.
const TAKEN_AND_DROPPED: usize = 32 * 1024 * 1024;

/// The whole body, or the answer that refuses it.
pub(super) async fn read(body: Body, settings: &HttpSettings) -> Result<Vec<u8>, Box<Response>> {
    match tokio::time::timeout(settings.request_timeout, collect(body, settings.max_body)).await {
        Ok(Ok(Some(whole))) => Ok(whole),
        Ok(Ok(None)) => {
            let message = format!("the body is larger than {} bytes", settings.max_body);
            Err(Box::new(refusal(
                StatusCode::PAYLOAD_TOO_LARGE,
                Code::BadRequest,
                &message,
            )))
        }
        Ok(Err(_broken)) => {
            let message = "the body could not be read";
            Err(Box::new(refusal(
                StatusCode::BAD_REQUEST,
                Code::BadRequest,
                message,
            )))
        }
        Err(_elapsed) => {
            let message = format!(
                "the body took longer than {} ms",
                settings.request_timeout.as_millis()
            );
            Err(Box::new(refusal(
                StatusCode::REQUEST_TIMEOUT,
                Code::Timeout,
                &message,
            )))
        }
    }
}

/// None if there is more than `max`.
async fn collect(body: Body, max: usize) -> Result<Option<Vec<u8>>, axum::Error> {
    let (mut chunks, mut whole, mut length) = (body.into_data_stream(), Vec::new(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        length += chunk.len();
        if length <= max {
            whole.extend_from_slice(&chunk);
        } else if length > TAKEN_AND_DROPPED {
            break;
        } else {
            whole = Vec::new();
        }
    }
    Ok((length <= max).then_some(whole))
}
