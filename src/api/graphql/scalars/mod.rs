//! Scalars that GraphQL itself lacks, one per file.

mod big_int;
mod date_time;
mod decimal;
mod json;
mod money;

pub(super) use big_int::BigInt;
pub(super) use date_time::{DateTime, date_time};
pub(super) use decimal::Decimal;
pub(super) use json::Json;
pub(super) use money::{Money, MoneyInput};
