//! Why a step did not complete, as what to do next.

use crate::domain::causes::in_one_line;
use std::time::Duration;

use entity::{enums::WaitReason, values::NanoUsd};

use crate::{
    agents::session::Stop,
    llm::{LlmError, Retry},
    memory::MemoryError,
    store::StoreError,
};

/// What an unfinished step needs.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Another attempt, by the usual back-off or not before `after`.
    #[error("{message}")]
    Retry {
        code: &'static str,
        message: String,
        after: Option<Duration>,
    },
    /// No other attempt would end better.
    #[error("{message}")]
    Fail { code: &'static str, message: String },
    /// The conversation itself came to nothing: replayed, it would again. A retry begins it anew.
    #[error("{message}")]
    Stop { code: &'static str, message: String },
    /// A person must act first. `needed` is the money that is missing, where money is.
    #[error("{message}")]
    Wait {
        reason: WaitReason,
        needed: Option<NanoUsd>,
        message: String,
    },
    /// The claim no longer holds: nothing of this attempt counts.
    #[error("the claim no longer holds")]
    Lost,
}

impl From<StoreError> for StepError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Fenced(_) => Self::Lost,
            error => {
                tracing::warn!(
                    error = %in_one_line(&error),
                    "a step met a failing store"
                );
                Self::Retry {
                    code: "STORE_FAILED",
                    message: "the database failed".to_owned(),
                    after: None,
                }
            }
        }
    }
}

impl From<Stop> for StepError {
    fn from(stop: Stop) -> Self {
        Self::Stop {
            code: stop.code,
            message: stop.message,
        }
    }
}

impl From<LlmError> for StepError {
    fn from(error: LlmError) -> Self {
        let (code, message) = (model_error_code(&error), error.to_string());
        match error.retry() {
            Retry::Backoff => Self::Retry {
                code,
                message,
                after: None,
            },
            Retry::After(after) => Self::Retry {
                code,
                message,
                after: Some(after),
            },
            Retry::Never => Self::Fail { code, message },
        }
    }
}

impl From<MemoryError> for StepError {
    fn from(error: MemoryError) -> Self {
        match error {
            MemoryError::Store(error) => error.into(),
            MemoryError::Embedder(error) => error.into(),
            MemoryError::Index(error) => {
                tracing::warn!(
                    error = %in_one_line(&error),
                    "a step met a failing memory index"
                );
                Self::Retry {
                    code: "MEMORY_FAILED",
                    message: "memory could not be searched".to_owned(),
                    after: None,
                }
            }
        }
    }
}

/// The code stored with a failed model call.
pub(super) fn model_error_code(error: &LlmError) -> &'static str {
    match error {
        LlmError::Overloaded { .. } => "MODEL_OVERLOADED",
        LlmError::Unavailable { .. } => "MODEL_UNAVAILABLE",
        LlmError::Unauthorized { .. } => "MODEL_UNAUTHORIZED",
        LlmError::Rejected { .. } => "MODEL_REJECTED",
        LlmError::Malformed { .. } => "MODEL_MALFORMED",
        LlmError::NotConfigured(_) => "MODEL_NOT_CONFIGURED",
    }
}
