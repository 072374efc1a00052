//! Keyset pages: a slice of a list in the order of its ids, however the list grows meanwhile.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use uuid::Uuid;

use super::StoreError;

/// Which slice of a list. Ids are UUIDv7, so their order is the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Rows at most, 1 or more.
    pub limit: u64,
    /// Only what comes after this id in the list's order.
    pub after: Option<Uuid>,
    /// Only what comes before this id in the list's order.
    pub before: Option<Uuid>,
    /// Take the end of the slice instead of its beginning (`last` instead of `first`).
    pub from_end: bool,
    /// Newest first.
    pub descending: bool,
}

/// One page of rows, in the list's order.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    pub rows: Vec<T>,
    pub has_next: bool,
    pub has_previous: bool,
}

impl<T> Slice<T> {
    /// The same page with other rows in it.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Slice<U> {
        Slice {
            rows: self.rows.into_iter().map(change).collect(),
            has_next: self.has_next,
            has_previous: self.has_previous,
        }
    }
}

/// Reads one page of `select`, ordered by the id column.
pub(super) async fn fetch<E, M>(
    select: Select<E>,
    id: E::Column,
    page: Page,
    connection: &impl ConnectionTrait,
) -> Result<Slice<M>, StoreError>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Sized + Send + Sync,
{
    let mut select = select;
    if let Some(after) = page.after {
        let column = id.into_expr();
        select = select.filter(if page.descending {
            column.lt(after)
        } else {
            column.gt(after)
        });
    }
    if let Some(before) = page.before {
        let column = id.into_expr();
        select = select.filter(if page.descending {
            column.gt(before)
        } else {
            column.lt(before)
        });
    }
    let ascending = page.descending == page.from_end;
    select = if ascending {
        select.order_by_asc(id)
    } else {
        select.order_by_desc(id)
    };
    let mut rows = select.limit(page.limit + 1).all(connection).await?;
    let more = rows.len() as u64 > page.limit;
    rows.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
    if page.from_end {
        rows.reverse();
        return Ok(Slice {
            rows,
            has_next: page.before.is_some(),
            has_previous: more,
        });
    }
    Ok(Slice {
        rows,
        has_next: more,
        has_previous: page.after.is_some(),
    })
}
