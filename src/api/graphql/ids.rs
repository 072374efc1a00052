//! Ids as clients write them, decoded to the id of the wanted kind.

use std::str::FromStr;

use async_graphql::ID;
use entity::ids::ParseIdError;

use super::error::Error;

/// The id of the kind the caller wants.
pub(super) fn decode<T: FromStr<Err = ParseIdError>>(field: &'static str, id: &ID) -> Result<T, Error> {
    let refuse = |error: ParseIdError| Error::BadInput {
        field,
        message: format!("{field}: {error}"),
    };
    id.as_str().parse().map_err(refuse)
}
