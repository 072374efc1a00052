//! Numbers with their units, as texts write them: `120.50 EUR`, `€80`, `4 stars`, `costs 9,000`, `free`.
//!
//! To add a unit: a line in [`UNITS`].

/// What a unit measures, and which end of it people want where they do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Price,
    Time,
    Rating,
    Distance,
    Weight,
    Size,
    Power,
    Duration,
    Share,
}

impl Measure {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Price => "price",
            Self::Time => "time",
            Self::Rating => "rating",
            Self::Distance => "distance",
            Self::Weight => "weight",
            Self::Size => "size",
            Self::Power => "power",
            Self::Duration => "duration",
            Self::Share => "share",
        }
    }

    /// Whether less is better; None where that depends.
    pub(super) fn less_is_better(self) -> Option<bool> {
        match self {
            Self::Price | Self::Time => Some(true),
            Self::Rating => Some(false),
            _ => None,
        }
    }
}

/// A measure, and the ways one unit of it is written, in lower case.
pub(super) const UNITS: [(Measure, &[&str]); 22] = [
    (Measure::Price, &["€", "eur", "euro", "euros", "欧元"]),
    (Measure::Price, &["$", "usd", "dollar", "dollars", "美元"]),
    (Measure::Price, &["£", "gbp", "pounds"]),
    (Measure::Price, &["chf", "franken", "francs"]),
    (Measure::Price, &["¥", "jpy", "cny", "yen", "yuan", "元", "円"]),
    (Measure::Price, &["ct", "cent", "cents"]),
    (Measure::Time, &["ms", "millisecond", "milliseconds"]),
    (Measure::Time, &["s", "sec", "second", "seconds", "sekunden"]),
    (Measure::Time, &["min", "minute", "minutes", "minuten"]),
    (Measure::Time, &["h", "hour", "hours", "stunde", "stunden"]),
    (Measure::Time, &["day", "days", "tag", "tage", "tagen"]),
    (Measure::Time, &["week", "weeks", "woche", "wochen"]),
    (Measure::Duration, &["month", "months", "monat", "monate"]),
    (Measure::Duration, &["year", "years", "jahr", "jahre", "年"]),
    (Measure::Rating, &["star", "stars", "sterne", "points", "punkte"]),
    (Measure::Distance, &["km", "kilometers", "kilometres"]),
    (Measure::Distance, &["m", "meters", "metres", "meter"]),
    (Measure::Weight, &["kg", "kilograms"]),
    (Measure::Size, &["gb", "gib"]),
    (Measure::Size, &["mb", "mib"]),
    (Measure::Power, &["kw", "kilowatts"]),
    (Measure::Share, &["%", "percent", "prozent"]),
];

/// Prices whose currency is not said, and what costs nothing in any.
const BARE: usize = UNITS.len();
pub(super) const FREE: usize = UNITS.len() + 1;

const PRICE_WORDS: [&str; 9] = [
    "cost", "costs", "costing", "price", "priced", "fee", "kostet", "kosten", "preis",
];
const FREE_WORDS: [&str; 4] = ["free", "kostenlos", "gratis", "免费"];

/// A number and its unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quantity {
    /// Place in [`UNITS`], or behind it for prices without a currency.
    pub(super) unit: usize,
    pub(super) value: f64,
    /// As it was written.
    pub(super) shown: String,
}

impl Quantity {
    pub(super) fn measure(&self) -> Measure {
        UNITS
            .get(self.unit)
            .map_or(Measure::Price, |(measure, _)| *measure)
    }
}

/// The quantities of a text, in order. Numbers without a unit (versions, counts of other things) are none.
pub(super) fn quantities(text: &str) -> Vec<Quantity> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..]
        .find(|c: char| c.is_ascii_digit())
        .map(|next| at + next)
    {
        let digits = text[start..].find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
        let number = text[start..digits.map_or(text.len(), |end| start + end)].trim_end_matches(['.', ',']);
        let end = start + number.len();
        at = end;
        if let Some(value) = value(number)
            && let Some((unit, from, to)) = unit(text, start, end)
        {
            let shown = text[from..to].to_owned();
            found.push(Quantity { unit, value, shown });
        }
    }
    let lower = text.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    if let Some(word) = words.find(|word| FREE_WORDS.contains(word)) {
        let shown = word.to_owned();
        found.push(Quantity {
            unit: FREE,
            value: 0.0,
            shown,
        });
    }
    found
}

/// The unit of the number between `start` and `end`, and where number and unit begin and end.
fn unit(text: &str, start: usize, end: usize) -> Option<(usize, usize, usize)> {
    let is_glued = text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '.' || c == '-');
    if is_glued {
        return None;
    }
    let before = text[..start].trim_end();
    if let Some(symbol) = before.chars().next_back()
        && let Some(unit) =
            unit_of(&symbol.to_string()).filter(|_| !symbol.is_alphanumeric() && symbol != '%')
    {
        return Some((unit, before.len() - symbol.len_utf8(), end));
    }
    let behind = text[end..].trim_start_matches([' ', '\u{a0}']);
    let length = behind.chars().next().map_or(0, |first| {
        if first.is_alphabetic() {
            behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len())
        } else {
            first.len_utf8()
        }
    });
    let word = &behind[..length];
    if let Some(unit) = unit_of(&word.to_lowercase()) {
        return Some((unit, start, text.len() - behind.len() + length));
    }
    let mut words = before
        .rsplit(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let is_price = words
        .by_ref()
        .take(2)
        .any(|word| PRICE_WORDS.contains(&word.to_lowercase().as_str()));
    is_price.then_some((BARE, start, end))
}

/// Whether a word is a unit.
pub(super) fn is_unit(word: &str) -> bool {
    unit_of(&word.to_lowercase()).is_some()
}

fn unit_of(written: &str) -> Option<usize> {
    UNITS.iter().position(|(_, forms)| forms.contains(&written))
}

/// `1,200.50` and `1.200,50` as 1200.5; `120,50` as 120.5; `9,000` as 9000.
fn value(number: &str) -> Option<f64> {
    let (comma, dot) = (number.rfind(','), number.rfind('.'));
    let in_threes = |mark: char| number.split(mark).skip(1).all(|group| group.len() == 3);
    let plain = match (comma, dot) {
        (Some(comma), Some(dot)) if comma > dot => number.replace('.', "").replace(',', "."),
        (Some(_), None) if !in_threes(',') => number.replace(',', "."),
        (None, Some(_)) if number.matches('.').count() > 1 && in_threes('.') => number.replace('.', ""),
        _ => number.replace(',', ""),
    };
    plain.parse().ok()
}
