//! How a connection ends, and the goodbye.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::time::timeout;

use super::protocol::Close;

/// How long a client has to take the close frame and to answer it.
const GOODBYE: Duration = Duration::from_secs(3);

/// How long a client that is in the middle of a message that is too large has to notice.
const LINGER: Duration = Duration::from_secs(1);

/// The code that stands for an end without a close frame.
const ABNORMAL: u16 = 1006;

/// Why a connection ends.
pub(super) enum Ending {
    /// This side ends it.
    Close(Close),
    /// This side ends it, because the client does not take what is sent to it.
    Slow,
    /// The client said goodbye.
    Left,
    /// The client is not there any more.
    Gone,
}

impl From<Close> for Ending {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

impl Ending {
    /// What it means that the next message cannot be read.
    pub(super) fn of(error: &axum::Error) -> Self {
        let text = error.to_string();
        // The library behind axum is not named here, so its errors are known by their words; a test knows if they change.
        if text.starts_with("Space limit exceeded") {
            Close::TooLarge.into()
        } else if text.starts_with("IO error") || text.contains("without closing handshake") {
            Self::Gone
        } else {
            Close::Broken.into()
        }
    }
}

/// Ends the connection properly, as far as the client takes part, after some last messages. Answers the code it ended
/// with.
pub(super) async fn goodbye(
    ending: Ending,
    last: Vec<Message>,
    mut sink: SplitSink<WebSocket, Message>,
    mut stream: SplitStream<WebSocket>,
) -> u16 {
    let close = match ending {
        Ending::Gone => return ABNORMAL,
        Ending::Left => {
            // The library has an answer ready; closing sends it.
            let _ = timeout(GOODBYE, sink.close()).await;
            return 1000;
        }
        Ending::Close(close) => close,
        // Told in [`super::connection`], with the cursor.
        Ending::Slow => Close::Slow(None),
    };
    let mut is_told = false;
    let _ = timeout(GOODBYE, async {
        for message in last {
            if sink.feed(message).await.is_err() {
                return;
            }
        }
        is_told = sink.send(Message::Close(Some(close.frame()))).await.is_ok();
        if close == Close::TooLarge {
            tokio::time::sleep(LINGER).await;
        }
        // What is still coming is read, or the client's system would throw the close frame away.
        while let Some(Ok(_)) = stream.next().await {}
    })
    .await;
    if is_told { close.code() } else { ABNORMAL }
}
