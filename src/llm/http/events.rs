//! Server-sent events, guarded: a stream cannot stall, grow without end or hide in one endless line.
//!
//! Source of the format: WHATWG HTML, "Server-sent events".

use std::{pin::Pin, time::Duration};

use eventsource_stream::{Event, EventStream, EventStreamError};
use futures_util::{Stream, TryStreamExt, stream};
use reqwest::Response;
use tokio::time::timeout;

use super::BodyError;

/// The longest stream, in bytes: a token comes in some 300 bytes, and the longest answers have 128,000 of them.
const MAX_STREAM_BYTES: usize = 64 << 20;

/// The longest line, in bytes: the parser keeps an open line in memory and looks through it again with each piece.
const MAX_LINE_BYTES: usize = 1 << 20;

/// The parser moves what is left of its buffer after each line, so it is fed small pieces.
const PIECE_BYTES: usize = 8 << 10;

/// Line ends in a row that mean something: two, of two characters each. A flood of more would cost the parser much.
const MAX_LINE_ENDS: usize = 4;

/// Events of a response as they come. Silence longer than `stall` is an error; comments count as life.
pub(crate) fn events(
    response: Response,
    stall: Duration,
) -> Pin<Box<dyn Stream<Item = Result<Event, EventStreamError<BodyError>>> + Send>> {
    let guarded = Guarded {
        response,
        stall,
        total: 0,
        line: 0,
        line_ends: 0,
    };
    let pieces = stream::try_unfold(guarded, |mut guarded| async move {
        Ok(guarded.next().await?.map(|chunk| (chunk, guarded)))
    })
    .map_ok(|chunk| {
        stream::iter(
            chunk
                .chunks(PIECE_BYTES)
                .map(|piece| Ok(piece.to_vec()))
                .collect::<Vec<_>>(),
        )
    })
    .try_flatten();
    Box::pin(EventStream::new(pieces))
}

struct Guarded {
    response: Response,
    stall: Duration,
    total: usize,
    /// Bytes of the open line.
    line: usize,
    /// Line ends since the last other byte.
    line_ends: usize,
}

impl Guarded {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        let chunk = timeout(self.stall, self.response.chunk())
            .await
            .map_err(|_| BodyError::Stalled(self.stall))?;
        let Some(chunk) = chunk.map_err(BodyError::Broken)? else {
            return Ok(None);
        };
        self.total += chunk.len();
        if self.total > MAX_STREAM_BYTES {
            return Err(BodyError::TooLong(MAX_STREAM_BYTES));
        }
        let mut kept = Vec::with_capacity(chunk.len());
        for &byte in &chunk {
            let ends = matches!(byte, b'\n' | b'\r');
            self.line = if ends { 0 } else { self.line + 1 };
            self.line_ends = if ends { self.line_ends + 1 } else { 0 };
            if self.line > MAX_LINE_BYTES {
                return Err(BodyError::TooLong(MAX_LINE_BYTES));
            }
            if self.line_ends <= MAX_LINE_ENDS {
                kept.push(byte);
            }
        }
        Ok(Some(kept))
    }
}
