//! What an answer means: a result, the tool's own refusal, or nothing one may rely on.

use reqwest::StatusCode;

use crate::tools::{ToolError, text::shorten};

/// Most characters of a refusal that the model reads.
const MAX_REFUSAL_CHARS: usize = 1_000;

/// What came of one request.
#[derive(Debug)]
pub(super) enum Answer {
    /// The tool did what it was asked.
    Result(String),
    /// The tool said no, or was never reached: it did nothing.
    Refusal(String),
    /// The request may have reached the tool, and there is no word of how it ended.
    Nothing(String),
}

impl Answer {
    /// An answer that came in full. Redirects are not followed: 307 and 308 say that the request was not acted upon
    /// (RFC 9110, 15.4.8 and 15.4.9), the others do not.
    pub(super) fn of(status: StatusCode, body: &str) -> Self {
        let code = status.as_u16();
        let said = match body.trim() {
            "" => String::new(),
            said => format!(": {}", shorten(said, MAX_REFUSAL_CHARS)),
        };
        match code {
            200..=299 if body.trim().is_empty() => {
                Self::Result(format!("The tool succeeded and said nothing (status {code})."))
            }
            200..=299 => Self::Result(body.to_owned()),
            307 | 308 => Self::Refusal(format!(
                "the tool redirects (status {code}), which is not followed"
            )),
            400..=499 => Self::Refusal(format!("the tool refused (status {code}){said}")),
            _ => Self::Nothing(format!("the tool broke down (status {code}){said}")),
        }
    }

    pub(super) fn into_result(self) -> Result<String, ToolError> {
        match self {
            Self::Result(text) => Ok(text),
            Self::Refusal(message) => Err(ToolError::Failed(message)),
            Self::Nothing(message) => Err(ToolError::Unanswered(message)),
        }
    }
}
