//! What every mutation answers with beside its object.

use async_graphql::{Enum, SimpleObject};

use super::error::Error;

/// A refusal the caller can act on.
#[derive(SimpleObject, Clone, Debug)]
pub(super) struct UserError {
    /// Path of the input that is at fault, for instance `["input", "description"]`.
    pub field: Vec<String>,
    /// What kind of refusal it is.
    pub code: UserErrorCode,
    /// What is wrong and what would be right.
    pub message: String,
}

/// The kinds of refusals a mutation answers with.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UserErrorCode {
    /// The input cannot be accepted as it is.
    BadUserInput,
    /// There is no such thing, or it is not the caller's.
    NotFound,
    /// The present state does not allow it.
    Conflict,
}

/// Splits an outcome into the object and the refusals; faults and rate limits stay errors. `id` is the field of the
/// input that names the object: the one at fault where there is no such thing.
pub(super) fn outcome<T>(
    result: Result<T, Error>,
    id: &'static str,
) -> Result<(Option<T>, Vec<UserError>), Error> {
    let (code, field, message) = match result {
        Ok(object) => return Ok((Some(object), Vec::new())),
        Err(Error::BadInput { field, message }) => (UserErrorCode::BadUserInput, field, message),
        Err(Error::Conflict { field, message }) => (UserErrorCode::Conflict, field, message),
        Err(Error::NotFound(message)) => (UserErrorCode::NotFound, id, message),
        Err(error) => return Err(error),
    };
    Ok((
        None,
        vec![UserError {
            field: vec!["input".to_owned(), field.to_owned()],
            code,
            message,
        }],
    ))
}
