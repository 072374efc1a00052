//! Ids as clients write them, decoded to the id of the wanted kind.

use std::str::FromStr;

use async_graphql::ID;
use entity::ids::ParseIdError;

use super::error::Error;

/// The id of the kind the caller wants.
pub(super) fn decode<T: FromStr<Err = ParseIdError>>(field: &str, id: &ID) -> Result<T, Error> {
    id.as_str().parse().map_err(|error: ParseIdError| Error::BadInput(format!("{field}: {error}")))
}
