//! Bodies that end: bounded in length and in silence.

use std::time::Duration;

use reqwest::Response;
use tokio::time::timeout;

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("nothing came for {0:?}")]
    Stalled(Duration),
    #[error("the connection broke off")]
    Broken(#[source] reqwest::Error),
}

/// The whole body, unless it is longer than `limit` bytes or silent for longer than `stall`.
pub(crate) async fn read_bounded(
    mut response: Response,
    limit: usize,
    stall: Duration,
) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    loop {
        let chunk = timeout(stall, response.chunk())
            .await
            .map_err(|_| BodyError::Stalled(stall))?;
        let Some(chunk) = chunk.map_err(BodyError::Broken)? else {
            return Ok(body);
        };
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLong(limit));
        }
        body.extend_from_slice(&chunk);
    }
}
