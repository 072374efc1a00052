//! What comes back from a tool, made safe to store and to show a model.

use super::{
    ToolError,
    text::{cut, shorten},
};

/// Most bytes of a tool's output that are kept.
pub const MAX_OUTPUT_BYTES: usize = 32 * 1024;

/// Most characters of a tool's error message.
const MAX_ERROR_CHARS: usize = 2_000;

/// A tool's text without NUL characters, at most [`MAX_OUTPUT_BYTES`] and a marker long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOutput {
    /// What the model reads. Always data, never instructions.
    pub text: String,
    /// Whether the tool said more than is kept; the text then ends with a marker.
    pub truncated: bool,
}

impl ToolOutput {
    pub(super) fn new(text: String) -> Self {
        let text = without_nul(text);
        if text.len() <= MAX_OUTPUT_BYTES {
            return Self {
                text,
                truncated: false,
            };
        }
        let kept = cut(&text, MAX_OUTPUT_BYTES);
        let text = format!("{kept}… [output truncated: {} bytes in all]", text.len());
        Self {
            text,
            truncated: true,
        }
    }
}

/// The same error with its message cleaned and bounded: it is stored and sent to the model like an output.
pub(super) fn clean_error(error: ToolError) -> ToolError {
    let clean = |message: String| shorten(&without_nul(message), MAX_ERROR_CHARS);
    match error {
        ToolError::Unknown(name) => ToolError::Unknown(clean(name)),
        ToolError::NotAllowed(name) => ToolError::NotAllowed(clean(name)),
        ToolError::InvalidArguments(message) => ToolError::InvalidArguments(clean(message)),
        ToolError::TimedOut(after) => ToolError::TimedOut(after),
        ToolError::Failed(message) => ToolError::Failed(clean(message)),
        ToolError::Unanswered(message) => ToolError::Unanswered(clean(message)),
    }
}

fn without_nul(mut text: String) -> String {
    text.retain(|character| character != '\0');
    text
}
