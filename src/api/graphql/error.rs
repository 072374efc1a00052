//! Errors as clients see them: one closed list of codes, one table from ours to theirs.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use async_graphql::ErrorExtensions;
use entity::ids::ParseIdError;

use crate::{services::ServiceError, store::StoreError};

/// The codes an error may carry in `extensions.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    GraphqlParseFailed,
    GraphqlValidationFailed,
    BadUserInput,
    OperationResolutionFailure,
    BadRequest,
    NotFound,
    Conflict,
    RateLimited,
    Timeout,
    QueryTooComplex,
    InternalServerError,
}

impl Code {
    /// The code as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::OperationResolutionFailure => "OPERATION_RESOLUTION_FAILURE",
            Self::BadRequest => "BAD_REQUEST",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::RateLimited => "RATE_LIMITED",
            Self::Timeout => "TIMEOUT",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::InternalServerError => "INTERNAL_SERVER_ERROR",
        }
    }
}

/// The code of an error that is being answered, if it has one.
pub fn code_of(error: &async_graphql::ServerError) -> Option<String> {
    match error.extensions.as_ref()?.get("code")? {
        async_graphql::Value::String(code) => Some(code.clone()),
        _ => None,
    }
}

/// What a resolver may fail with. It must not implement `Display`: async-graphql turns every error that does into an
/// answer word for word, and internal faults must stay inside.
#[derive(Debug)]
pub(super) enum Error {
    BadInput(String),
    NotFound(String),
    Conflict(String),
    RateLimited(Duration),
    Internal(Box<dyn StdError + Send + Sync>),
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        let message = error.to_string();
        match error {
            ServiceError::Invalid { .. } => Self::BadInput(message),
            ServiceError::NotFound { .. } => Self::NotFound(message),
            ServiceError::Conflict { .. } => Self::Conflict(message),
            ServiceError::RateLimited { retry_after } => Self::RateLimited(retry_after),
            ServiceError::Store(_) | ServiceError::Memory(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<Arc<StoreError>> for Error {
    fn from(error: Arc<StoreError>) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<ParseIdError> for Error {
    fn from(error: ParseIdError) -> Self {
        Self::BadInput(error.to_string())
    }
}

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let (code, message, retry_after) = match error {
            Error::BadInput(message) => (Code::BadUserInput, message, None),
            Error::NotFound(message) => (Code::NotFound, message, None),
            Error::Conflict(message) => (Code::Conflict, message, None),
            Error::RateLimited(wait) => {
                let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
                (Code::RateLimited, format!("too many requests: try again in {wait} ms"), Some(wait))
            }
            Error::Internal(source) => {
                // The request's span names the request; the client gets its id in place of this.
                tracing::error!(error = source.as_ref() as &dyn StdError, "a request failed inside");
                (Code::InternalServerError, "internal error".to_owned(), None)
            }
        };
        Self::new(message).extend_with(|_, extensions| {
            extensions.set("code", code.as_str());
            if let Some(wait) = retry_after {
                extensions.set("retryAfterMs", wait);
            }
        })
    }
}
