//! Relay connections: one way to read their arguments, one way to fill them
//! (<https://relay.dev/graphql/connections.htm>).

use async_graphql::{
    OutputType,
    connection::{Connection, Edge, EmptyFields},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::error::Error;
use crate::store::page::{Page, Slice};

/// Rows of a page where the caller says nothing.
const DEFAULT_PAGE: i32 = 20;

/// Most rows of a page.
const MAX_PAGE: i32 = 100;

/// The four arguments of a connection.
pub(super) struct PageArgs {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl PageArgs {
    /// The page they mean, or why they mean none.
    pub(super) fn page(&self, descending: bool) -> Result<Page, Error> {
        let (limit, from_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                let message = "give first or last, not both".to_owned();
                return Err(Error::BadInput {
                    field: "last",
                    message,
                });
            }
            (None, Some(last)) => (page_size("last", last)?, true),
            (first, None) => (page_size("first", first.unwrap_or(DEFAULT_PAGE))?, false),
        };
        Ok(Page {
            limit,
            after: self
                .after
                .as_deref()
                .map(|cursor| decode("after", cursor))
                .transpose()?,
            before: self
                .before
                .as_deref()
                .map(|cursor| decode("before", cursor))
                .transpose()?,
            from_end,
            descending,
        })
    }
}

/// A number of rows within the allowed bounds.
pub(super) fn page_size(field: &'static str, size: i32) -> Result<u64, Error> {
    u64::try_from(size)
        .ok()
        .filter(|_| (1..=MAX_PAGE).contains(&size))
        .ok_or_else(|| Error::BadInput {
            field,
            message: format!("{field} is between 1 and {MAX_PAGE}"),
        })
}

fn encode(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

fn decode(field: &'static str, cursor: &str) -> Result<Uuid, Error> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| Uuid::from_slice(&bytes).ok())
        .ok_or_else(|| Error::BadInput {
            field,
            message: format!("{field} is not a cursor of this list"),
        })
}

/// Rows as a connection.
pub(super) fn connection<R, N: OutputType>(
    slice: Slice<R>,
    id: impl Fn(&R) -> Uuid,
    node: impl Fn(R) -> N,
) -> Connection<String, N, EmptyFields, EmptyFields> {
    let mut connection = Connection::new(slice.has_previous, slice.has_next);
    connection.edges.extend(
        slice
            .rows
            .into_iter()
            .map(|row| Edge::new(encode(id(&row)), node(row))),
    );
    connection
}
