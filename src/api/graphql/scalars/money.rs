//! Money: an amount and its currency.

use async_graphql::{Enum, InputObject, SimpleObject};
use entity::values::NanoUsd;

use super::Decimal;

/// The currencies amounts are in.
#[derive(Enum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::api::graphql) enum Currency {
    /// United States dollar.
    #[default]
    Usd,
}

/// An amount of money.
#[derive(SimpleObject, Clone, Copy, Debug)]
pub(in crate::api::graphql) struct Money {
    /// The exact amount, to the billionth.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
}

impl From<NanoUsd> for Money {
    fn from(amount: NanoUsd) -> Self {
        Self {
            amount: Decimal(amount),
            currency: Currency::Usd,
        }
    }
}

/// An amount of money.
#[derive(InputObject, Clone, Copy, Debug)]
pub(in crate::api::graphql) struct MoneyInput {
    /// The exact amount, to the billionth.
    pub amount: Decimal,
    /// Its currency.
    #[graphql(default)]
    pub currency: Currency,
}

impl From<MoneyInput> for NanoUsd {
    fn from(input: MoneyInput) -> Self {
        let MoneyInput {
            amount,
            currency: Currency::Usd,
        } = input;
        amount.0
    }
}
