//! What tokens cost, in whole nano-USD, from a file that an operator can override.
//!
//! To add a model: a line in `prices.toml`, which says how it is written. An unknown model has no price, which is not
//! a price of zero.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::chat::Usage;
use crate::domain::digest::sha256_hex;

const BUILTIN: &str = include_str!("prices.toml");

/// Decimals of an amount in the file: a nano-USD is the ninth.
const DECIMALS: usize = 9;

/// Price of each bucket of [`Usage`], in nano-USD per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    pub output: i64,
    pub reasoning: i64,
}

/// Prices by `PROVIDER/MODEL`.
#[derive(Clone, Debug)]
pub struct PriceBook {
    version: String,
    prices: BTreeMap<String, Price>,
    /// Nano-USD per call, by tool.
    tools: BTreeMap<String, i64>,
}

/// Why a file of prices cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    #[error("the prices cannot be read: {0}")]
    Syntax(#[from] toml::de::Error),
    #[error("{0:?} is not PROVIDER/MODEL")]
    Name(String),
    #[error("{model:?}: {amount:?} is not an amount of USD with at most {DECIMALS} decimals")]
    Amount { model: String, amount: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    as_of: Option<String>,
    #[serde(default)]
    models: BTreeMap<String, Entry>,
    #[serde(default)]
    tools: BTreeMap<String, Amount>,
}

/// What a file of prices says.
struct Listed {
    as_of: Option<String>,
    models: BTreeMap<String, Price>,
    tools: BTreeMap<String, i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    input: Amount,
    cache_read: Option<Amount>,
    cache_write: Option<Amount>,
    output: Amount,
    reasoning: Option<Amount>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Text(String),
    Whole(i64),
    Float(f64),
}

impl PriceBook {
    /// The prices that come with the program.
    pub fn builtin() -> Result<Self, PriceError> {
        let listed = read(BUILTIN)?;
        Ok(Self {
            version: listed.as_of.unwrap_or_default(),
            prices: listed.models,
            tools: listed.tools,
        })
    }

    /// The built-in prices with those of an operator's file before them.
    pub fn with_override(text: &str) -> Result<Self, PriceError> {
        let mut book = Self::builtin()?;
        let listed = read(text)?;
        book.prices.extend(listed.models);
        book.tools.extend(listed.tools);
        book.version = format!("{}+{}", book.version, &sha256_hex(text.as_bytes())[..12]);
        Ok(book)
    }

    /// Which prices these are: the date of the built-in ones, and a digest of the override where there is one.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The price of a model: by its name, else by the name it is a dated variant of, else by its provider's `*`.
    /// A length behind an embedding model (`MODEL@256`) does not change its price.
    pub fn price(&self, provider: &str, model: &str) -> Option<&Price> {
        let model = match model.rsplit_once('@') {
            Some((name, length)) if !name.is_empty() && is_digits(length) => name,
            _ => model,
        };
        let find = |name: &str| self.prices.get(&format!("{provider}/{name}"));
        find(model)
            .or_else(|| undated(model).and_then(find))
            .or_else(|| find("*"))
    }

    /// What one call of a tool costs, in nano-USD; `None` for a tool without a price, which costs nothing.
    pub fn tool(&self, name: &str) -> Option<i64> {
        self.tools.get(name).copied()
    }

    /// The most a call can cost that reads and writes so many tokens, whichever buckets they fall into.
    pub fn worst_case(&self, provider: &str, model: &str, input: u64, output: u64) -> Option<i64> {
        let price = self.price(provider, model)?;
        let dearest = Price {
            input: price.input.max(price.cache_read).max(price.cache_write),
            output: price.output.max(price.reasoning),
            ..*price
        };
        dearest.cost(&Usage {
            input,
            output,
            ..Usage::default()
        })
    }

    /// What a call cost, in nano-USD, rounded up once over the sum. `None` where the price is unknown, or the amount
    /// is beyond what 64 bits hold.
    pub fn cost(&self, provider: &str, model: &str, usage: &Usage) -> Option<i64> {
        self.price(provider, model)?.cost(usage)
    }
}

impl Price {
    /// `ceil(sum(tokens × price per million) / 1,000,000)` nano-USD; `None` where that does not fit 64 bits.
    pub fn cost(&self, usage: &Usage) -> Option<i64> {
        let buckets = [
            (usage.input, self.input),
            (usage.cache_read, self.cache_read),
            (usage.cache_write, self.cache_write),
            (usage.output, self.output),
            (usage.reasoning, self.reasoning),
        ];
        let sum = buckets.into_iter().try_fold(0_i128, |sum, (tokens, price)| {
            sum.checked_add(i128::from(tokens).checked_mul(i128::from(price))?)
        })?;
        let rounded_up = sum / 1_000_000 + i128::from(sum % 1_000_000 > 0);
        i64::try_from(rounded_up).ok()
    }
}

/// The name without a date or `latest` at its end: `gpt-4o` for `gpt-4o-2024-08-06`, nothing for `gpt-4o-mini`.
/// A date has eight digits; shorter endings are versions (`claude-opus-4-8`).
fn undated(model: &str) -> Option<&str> {
    if let Some(name) = model.strip_suffix("-latest") {
        return Some(name);
    }
    let (name, end) = model.rsplit_once('-')?;
    if end.len() == 8 && is_digits(end) {
        return Some(name);
    }
    let at = model
        .len()
        .checked_sub("-2024-08-06".len())
        .filter(|&at| model.is_char_boundary(at))?;
    let (name, date) = model.split_at(at);
    let parts: Vec<&str> = date.split('-').collect();
    let is_date = matches!(parts.as_slice(), ["", year, month, day]
        if year.len() == 4 && month.len() == 2 && day.len() == 2 && [year, month, day].iter().all(|part| is_digits(part)));
    is_date.then_some(name)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn read(text: &str) -> Result<Listed, PriceError> {
    let file: File = toml::from_str(text)?;
    let mut prices = BTreeMap::new();
    for (model, entry) in file.models {
        if model
            .split_once('/')
            .is_none_or(|(provider, name)| provider.is_empty() || name.is_empty())
        {
            return Err(PriceError::Name(model));
        }
        let of = |amount: &Amount| {
            nano_usd(amount).map_err(|amount| PriceError::Amount {
                model: model.clone(),
                amount,
            })
        };
        let or = |amount: &Option<Amount>, default| amount.as_ref().map_or(Ok(default), of);
        let (input, output) = (of(&entry.input)?, of(&entry.output)?);
        let price = Price {
            input,
            cache_read: or(&entry.cache_read, input)?,
            cache_write: or(&entry.cache_write, input)?,
            output,
            reasoning: or(&entry.reasoning, output)?,
        };
        prices.insert(model, price);
    }
    let mut tools = BTreeMap::new();
    for (tool, amount) in file.tools {
        let price = nano_usd(&amount).map_err(|amount| PriceError::Amount {
            model: tool.clone(),
            amount,
        })?;
        tools.insert(tool, price);
    }
    Ok(Listed {
        as_of: file.as_of,
        models: prices,
        tools,
    })
}

/// An amount of USD as nano-USD, by its decimal digits; the amount itself where it is none.
fn nano_usd(amount: &Amount) -> Result<i64, String> {
    let text = match amount {
        Amount::Text(text) => text.trim().to_owned(),
        Amount::Whole(whole) => whole.to_string(),
        // The shortest decimals that mean this number are those that were written.
        Amount::Float(float) => float.to_string(),
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "0"));
    if !is_digits(whole) || !is_digits(decimals) || decimals.len() > DECIMALS {
        return Err(text);
    }
    format!("{whole}{decimals:0<DECIMALS$}").parse().map_err(|_| text)
}
