//! The messages of `graphql-transport-ws` and why a connection ends; no I/O
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).
//!
//! The `graphql-ws` client connects again after 1001, 1012, 1013, 4403 and 4408, and gives up after 1002, 1009, 4400,
//! 4401, 4409 and 4429: the first are for what time or a new credential cures, the others for what is wrong with the
//! client.

use axum::extract::ws::{CloseFrame, Message};
use serde_json::{Map, Value, json};

use super::super::params::Params;

/// Longest id of an operation, in bytes. Every frame of the operation repeats it.
const MAX_ID: usize = 256;

/// Longest reason a close frame can carry, in bytes: a control frame has room for 125, two of them for the code.
const MAX_REASON: usize = 123;

/// What a client may say.
#[derive(Debug)]
pub(super) enum ClientMessage {
    ConnectionInit(Map<String, Value>),
    Ping(Option<Value>),
    Pong,
    Subscribe { id: String, params: Params },
    Complete { id: String },
}

impl ClientMessage {
    pub(super) fn parse(text: &str) -> Result<Self, Close> {
        let invalid = |message: &str| Close::Invalid(message.to_owned());
        let mut message: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| Close::Invalid(format!("not a message: {error}")))?;
        let Some(Value::String(kind)) = message.remove("type") else {
            return Err(invalid("the message has no type"));
        };
        let id = message.remove("id");
        let payload = message.remove("payload").filter(|payload| !payload.is_null());
        match kind.as_str() {
            "connection_init" => object(payload).map(|init| Self::ConnectionInit(init.unwrap_or_default())),
            "ping" => object(payload).map(|payload| Self::Ping(payload.map(Value::Object))),
            "pong" => object(payload).map(|_| Self::Pong),
            "subscribe" => {
                let (id, payload) = (operation_id(id)?, object(payload)?);
                let payload = payload.ok_or_else(|| invalid("subscribe has no payload"))?;
                let params = Params::from_payload(payload).map_err(Close::Invalid)?;
                Ok(Self::Subscribe { id, params })
            }
            "complete" => operation_id(id).map(|id| Self::Complete { id }),
            unknown => Err(Close::Invalid(format!(
                "there is no message of the type {unknown:?}"
            ))),
        }
    }
}

fn object(payload: Option<Value>) -> Result<Option<Map<String, Value>>, Close> {
    match payload {
        None => Ok(None),
        Some(Value::Object(payload)) => Ok(Some(payload)),
        Some(_) => Err(Close::Invalid("the payload is not an object".to_owned())),
    }
}

fn operation_id(id: Option<Value>) -> Result<String, Close> {
    match id {
        Some(Value::String(id)) if (1..=MAX_ID).contains(&id.len()) => Ok(id),
        _ => Err(Close::Invalid(format!(
            "the message has no id, which is a text of 1 to {MAX_ID} bytes"
        ))),
    }
}

/// The connection was taken.
pub(super) fn connection_ack() -> Message {
    Message::Text(r#"{"type":"connection_ack"}"#.into())
}

/// Answers a ping with what it carried.
pub(super) fn pong(payload: Option<Value>) -> Message {
    let pong = payload.map_or_else(
        || json!({ "type": "pong" }),
        |payload| json!({ "type": "pong", "payload": payload }),
    );
    Message::Text(pong.to_string().into())
}

/// The id of an operation as its frames carry it.
pub(super) fn quoted(id: &str) -> String {
    Value::from(id).to_string()
}

/// One result. The payload is JSON already, and the same for all who share it: only the frame is the operation's own.
pub(super) fn next(quoted_id: &str, payload: &str) -> Message {
    Message::Text(
        [
            "{\"id\":",
            quoted_id,
            ",\"type\":\"next\",\"payload\":",
            payload,
            "}",
        ]
        .concat()
        .into(),
    )
}

/// The operation was refused, or broke off; `errors` is a list in JSON.
pub(super) fn error(quoted_id: &str, errors: &str) -> Message {
    Message::Text(
        [
            "{\"id\":",
            quoted_id,
            ",\"type\":\"error\",\"payload\":",
            errors,
            "}",
        ]
        .concat()
        .into(),
    )
}

/// The operation has no more results.
pub(super) fn complete(quoted_id: &str) -> Message {
    Message::Text(["{\"id\":", quoted_id, ",\"type\":\"complete\"}"].concat().into())
}

/// Why this side ends a connection. 4406 is not among them: who does not offer the protocol is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// The process stops.
    Restarting,
    /// The client does not take what is sent to it; with the cursor its feed goes on after, if it has one feed.
    Slow(Option<String>),
    /// The client does not answer pings.
    Silent,
    /// What came is no WebSocket frame.
    Broken,
    TooLarge,
    Invalid(String),
    /// An operation before the connection was acknowledged.
    Unauthorized,
    /// What the client said of itself was not accepted.
    Forbidden,
    InitTimeout,
    Duplicate(String),
    TooManyInits,
}

impl Close {
    pub(super) fn code(&self) -> u16 {
        match self {
            Self::Silent => 1001,
            Self::Broken => 1002,
            Self::TooLarge => 1009,
            Self::Restarting => 1012,
            Self::Slow(_) => 1013,
            Self::Invalid(_) => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden => 4403,
            Self::InitTimeout => 4408,
            Self::Duplicate(_) => 4409,
            Self::TooManyInits => 4429,
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Silent => "pings are not answered".to_owned(),
            Self::Broken => "not a WebSocket frame".to_owned(),
            Self::TooLarge => "the message is too large".to_owned(),
            Self::Restarting => {
                "server restarting: connect again and go on after the last cursor received".to_owned()
            }
            Self::Slow(after) => match after {
                Some(cursor) => {
                    format!("reading too slowly: connect again and go on after the cursor {cursor}")
                }
                None => {
                    "reading too slowly: connect again and go on after the last cursor received".to_owned()
                }
            },
            Self::Invalid(message) => message.clone(),
            Self::Unauthorized => "Unauthorized".to_owned(),
            Self::Forbidden => "Forbidden".to_owned(),
            Self::InitTimeout => "Connection initialisation timeout".to_owned(),
            Self::Duplicate(id) => format!("Subscriber for {id} already exists"),
            Self::TooManyInits => "Too many initialisation requests".to_owned(),
        }
    }

    pub(super) fn frame(&self) -> CloseFrame {
        let mut reason = self.reason();
        reason.truncate(reason.floor_char_boundary(MAX_REASON));
        CloseFrame {
            code: self.code(),
            reason: reason.into(),
        }
    }
}
