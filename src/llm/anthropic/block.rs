//! One block of an answer: text, a wish for a tool, or thoughts.

use serde_json::{Value, json};

use super::turns;

/// A block in the making.
#[derive(Debug)]
pub(super) enum Block {
    Text(String),
    ToolUse {
        id: String,
        name: String,
        /// JSON text, in pieces as it comes.
        arguments: String,
        /// What stood in its opening, for servers that do not send pieces.
        opening: Value,
    },
    Thinking {
        text: String,
        signature: String,
    },
    /// Thoughts nobody here may read.
    Redacted(String),
    /// Of a kind this program does not know.
    Unknown,
}

/// What a piece of an answer adds.
#[derive(Debug, Default)]
pub(super) struct Added<'a> {
    /// Text for people.
    pub(super) text: &'a str,
    /// Bytes that are kept.
    pub(super) bytes: usize,
}

impl<'a> Added<'a> {
    fn text(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.len(),
        }
    }

    fn bytes(bytes: usize) -> Self {
        Self { text: "", bytes }
    }
}

impl Block {
    /// A block by its opening, or as a whole.
    pub(super) fn open(block: &Value) -> (Self, Added<'_>) {
        let text = |field: &str| block[field].as_str().unwrap_or_default();
        match text("type") {
            "text" => {
                let said = text("text");
                (Self::Text(said.to_owned()), Added::text(said))
            }
            "tool_use" => {
                let opening = match &block["input"] {
                    Value::Object(input) if input.is_empty() => Value::Null,
                    input => input.clone(),
                };
                let size = if opening.is_null() {
                    0
                } else {
                    opening.to_string().len()
                };
                let bytes = size + text("id").len() + text("name").len();
                let block = Self::ToolUse {
                    id: text("id").to_owned(),
                    name: text("name").to_owned(),
                    arguments: String::new(),
                    opening,
                };
                (block, Added::bytes(bytes))
            }
            "thinking" => {
                let (thought, signature) = (text("thinking"), text("signature"));
                let block = Self::Thinking {
                    text: thought.to_owned(),
                    signature: signature.to_owned(),
                };
                (block, Added::bytes(thought.len() + signature.len()))
            }
            "redacted_thinking" => {
                let data = text("data");
                (Self::Redacted(data.to_owned()), Added::bytes(data.len()))
            }
            _ => (Self::Unknown, Added::default()),
        }
    }

    /// The block that a piece belongs to, should its opening be missing.
    pub(super) fn for_piece(delta: &Value) -> Self {
        let kind = match delta["type"].as_str().unwrap_or_default() {
            "text_delta" => "text",
            "input_json_delta" => "tool_use",
            "thinking_delta" | "signature_delta" => "thinking",
            _ => "",
        };
        Self::open(&json!({ "type": kind })).0
    }

    /// Takes in a piece. One that does not fit the block adds nothing.
    pub(super) fn add<'a>(&mut self, delta: &'a Value) -> Added<'a> {
        let text = |field: &str| delta[field].as_str().unwrap_or_default();
        match (self, text("type")) {
            (Self::Text(said), "text_delta") => {
                said.push_str(text("text"));
                Added::text(text("text"))
            }
            (Self::ToolUse { arguments, .. }, "input_json_delta") => {
                arguments.push_str(text("partial_json"));
                Added::bytes(text("partial_json").len())
            }
            (Self::Thinking { text: thought, .. }, "thinking_delta") => {
                thought.push_str(text("thinking"));
                Added::bytes(text("thinking").len())
            }
            (Self::Thinking { signature, .. }, "signature_delta") => {
                signature.push_str(text("signature"));
                Added::bytes(text("signature").len())
            }
            _ => Added::default(),
        }
    }

    pub(super) fn is_thinking(&self) -> bool {
        matches!(self, Self::Thinking { .. } | Self::Redacted(_))
    }

    /// The block as it is sent back; `None` for those that cannot be.
    pub(super) fn to_wire(&self) -> Option<Value> {
        match self {
            Self::Text(text) if text.trim().is_empty() => None,
            Self::Text(text) => Some(json!({ "type": "text", "text": text })),
            Self::ToolUse { id, name, .. } => Some(turns::tool_use(id, name, &self.arguments())),
            Self::Thinking { text, signature } => {
                Some(json!({ "type": "thinking", "thinking": text, "signature": signature }))
            }
            Self::Redacted(data) => Some(json!({ "type": "redacted_thinking", "data": data })),
            Self::Unknown => None,
        }
    }

    /// The arguments of a wish for a tool: `{}` where nothing came.
    pub(super) fn arguments(&self) -> String {
        match self {
            Self::ToolUse { arguments, .. } if !arguments.trim().is_empty() => arguments.clone(),
            Self::ToolUse { opening, .. } if !opening.is_null() => match opening {
                Value::String(text) => text.clone(),
                input => input.to_string(),
            },
            _ => "{}".to_owned(),
        }
    }
}
