//! Errors as clients see them: one closed list of codes, one table from ours to theirs.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use async_graphql::ErrorExtensions;

use crate::{
    domain::causes::in_one_line,
    services::{ServiceError, whole_millis},
    store::StoreError,
};

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
    /// `field` is the name of the argument, or of the field within the input object, that is at fault.
    BadInput {
        field: &'static str,
        message: String,
    },
    NotFound(String),
    /// `field`, as above, is what the present state does not allow.
    Conflict {
        field: &'static str,
        message: String,
    },
    RateLimited(Duration),
    /// The answer would hold too much.
    TooComplex(String),
    /// The database had no connection left for it.
    Busy(Box<dyn StdError + Send + Sync>),
    Internal(Box<dyn StdError + Send + Sync>),
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Invalid { field, message } => Self::BadInput { field, message },
            ServiceError::NotFound { .. } => Self::NotFound(error.to_string()),
            ServiceError::Conflict { field, message } => Self::Conflict { field, message },
            ServiceError::RateLimited { retry_after } => Self::RateLimited(retry_after),
            error if error.is_busy() => Self::Busy(Box::new(error)),
            ServiceError::Store(_) | ServiceError::Memory(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::from(Arc::new(error))
    }
}

impl From<Arc<StoreError>> for Error {
    fn from(error: Arc<StoreError>) -> Self {
        if error.is_busy() {
            Self::Busy(Box::new(error))
        } else {
            Self::Internal(Box::new(error))
        }
    }
}

/// The outcome of a field that may be null. A resolver's own `Result<Option<T>>` would, if it failed, make its parent
/// null too, and with it what was asked beside it.
pub(super) type Nullable<T> = Option<async_graphql::Result<T>>;

/// An outcome as that of a field that may be null.
pub(super) fn nullable<T>(result: Result<Option<T>, Error>) -> Nullable<T> {
    result.map_err(async_graphql::Error::from).transpose()
}

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let (code, message, retry_after) = match error {
            Error::BadInput { message, .. } => (Code::BadUserInput, message, None),
            Error::NotFound(message) => (Code::NotFound, message, None),
            Error::Conflict { message, .. } => (Code::Conflict, message, None),
            Error::TooComplex(message) => (Code::QueryTooComplex, message, None),
            Error::RateLimited(wait) => {
                let wait = whole_millis(wait);
                (
                    Code::RateLimited,
                    format!("too many requests: try again in {wait} ms"),
                    Some(wait),
                )
            }
            Error::Busy(source) => {
                tracing::warn!(
                    error = in_one_line(source.as_ref()),
                    "a request found no connection to the database"
                );
                (
                    Code::Timeout,
                    "the database is busy and did not get to this in time: try again in a moment".to_owned(),
                    None,
                )
            }
            Error::Internal(source) => {
                // The request's span names the request; the client gets its id in place of this.
                tracing::error!(error = in_one_line(source.as_ref()), "a request failed inside");
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
