//! Column types that are not ids: owners, money, moments and stored JSON.

use std::{fmt, ops::Add, str::FromStr};

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($name)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// Who owns rows. Every row belongs to one tenant.
    TenantId;
    /// A user inside a tenant, as the tenant names them.
    UserId;
    /// Tenant and user in one value that sorts: work is claimed in turns of owners.
    Owner;
}

impl Owner {
    /// The owner of what this user of this tenant submits.
    pub fn of(tenant: &TenantId, user: &UserId) -> Self {
        // The unit separator stands in no name.
        Self(format!("{tenant}\u{1f}{user}"))
    }
}

/// Money in billionths of a US dollar. Never a float.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct NanoUsd(pub i64);

impl NanoUsd {
    /// No money: a price that is known to be zero.
    pub const ZERO: Self = Self(0);
}

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount is a decimal with at most nine places, for instance 0.25")]
pub struct ParseAmountError;

impl fmt::Display for NanoUsd {
    /// The exact decimal with nine places, for instance `0.001250000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, nanos) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        write!(f, "{sign}{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000)
    }
}

impl FromStr for NanoUsd {
    type Err = ParseAmountError;

    /// Reads a decimal without a float on the way: no exponent, no sign but a minus, at most nine places.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(places) || places.len() > 9 {
            return Err(ParseAmountError);
        }
        let parse = |digits: &str| digits.parse::<i64>().map_err(|_| ParseAmountError);
        let nanos = parse(whole)?
            .checked_mul(1_000_000_000)
            .and_then(|whole| whole.checked_add(parse(&format!("{places:0<9}")).ok()?))
            .ok_or(ParseAmountError)?;
        Ok(Self(if negative { -nanos } else { nanos }))
    }
}

impl Add for NanoUsd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A moment by the database's clock, in milliseconds since 1970-01-01T00:00:00Z.
///
/// An integer on both databases, so that both compare moments alike. In `psql`: `to_timestamp(created_at / 1000.0)`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// This moment, `millis` later (or earlier, if negative).
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// JSON kept as text: exact on both databases, and never deeper than the parser allows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, DeriveValueType)]
pub struct JsonText(pub String);

impl JsonText {
    /// The JSON text of a value.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_string(value).map(Self)
    }

    /// Reads the value back.
    pub fn parse<T: for<'de> Deserialize<'de>>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }

    /// The value as untyped JSON; text that is not JSON (which this program never writes) as a JSON string.
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).unwrap_or_else(|_| serde_json::Value::String(self.0.clone()))
    }
}
