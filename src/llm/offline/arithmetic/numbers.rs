//! How a number is written: which of its signs sets decimals apart and which only groups digits.

/// What a written number means, as far as its own shape tells. Texts are digits with at most one decimal point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `12`, `5 000`.
    Plain(String),
    /// `1.5`, `1,000.50`, `1,000,000`: the point is the decimal sign.
    Point(String),
    /// `1.000,50`, `1 000,50`, `1.000.000`: the comma is.
    Comma(String),
    /// `3,4`: a decimal comma, or else two numbers without a space.
    LooseComma(String),
    /// `1.000`: a thousand or one.
    ThreeBehindPoint([String; 2]),
    /// `1,000`: a thousand or one.
    ThreeBehindComma([String; 2]),
    /// `1,2,3`.
    List(Vec<String>),
    /// `1.2.3`, `1,00,000`: no number that could be told.
    Unclear,
}

/// A number as the calculator takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) text: String,
    /// Its comma could as well stand between two numbers.
    pub(super) loose: bool,
}

/// Which decimal sign the rest of a text speaks for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evidence {
    comma_language: bool,
    point: bool,
    comma: bool,
    loose_comma: bool,
}

impl Evidence {
    pub(super) fn of(comma_language: bool) -> Self {
        Self {
            comma_language,
            ..Self::default()
        }
    }

    pub(super) fn note(&mut self, shape: &Shape) {
        match shape {
            Shape::Point(_) => self.point = true,
            Shape::Comma(_) => self.comma = true,
            Shape::LooseComma(_) => self.loose_comma = true,
            _ => {}
        }
    }

    /// Whether a comma between digits is likely to set decimals apart.
    pub(super) fn speaks_for_comma(self) -> bool {
        self.comma || self.comma_language
    }

    /// The numbers a shape stands for; `None` where that is anyone's guess.
    pub(super) fn numbers(self, shape: Shape) -> Option<Vec<Number>> {
        let comma = self.speaks_for_comma() || self.loose_comma;
        let mut loose = false;
        let texts = match shape {
            Shape::Plain(text) | Shape::Point(text) | Shape::Comma(text) => vec![text],
            Shape::LooseComma(text) => {
                loose = !self.speaks_for_comma();
                vec![text]
            }
            Shape::ThreeBehindPoint(parts) if !comma => vec![parts.join(".")],
            Shape::ThreeBehindPoint(parts) if !self.point => vec![parts.concat()],
            Shape::ThreeBehindComma(parts) if !comma => vec![parts.concat()],
            Shape::ThreeBehindComma(parts) if self.comma && !self.point => vec![parts.join(".")],
            Shape::List(texts) if !comma => texts,
            _ => return None,
        };
        Some(texts.into_iter().map(|text| Number { text, loose }).collect())
    }
}

/// The shape of digits with `.`, `,` and, for every other grouping sign, a space between them.
pub(super) fn shape(written: &str) -> Shape {
    let signs: Vec<char> = written.chars().filter(|c| !c.is_ascii_digit()).collect();
    let parts: Vec<&str> = written.split(|c: char| !c.is_ascii_digit()).collect();
    let Some((&last, before)) = signs.split_last() else {
        return Shape::Plain(written.to_owned());
    };
    let grouped = is_grouped(&parts);
    let pair = || [parts[0].to_owned(), parts[1..].concat()];
    let decimal = || format!("{}.{}", parts[..parts.len() - 1].concat(), parts[parts.len() - 1]);
    match (before.first(), last) {
        (None, '.') if grouped => Shape::ThreeBehindPoint(pair()),
        (None, '.') => Shape::Point(decimal()),
        (None, ',') if grouped => Shape::ThreeBehindComma(pair()),
        (None, ',') => Shape::LooseComma(decimal()),
        (Some(first), _) if before.iter().any(|sign| sign != first) => Shape::Unclear,
        (Some(&first), '.' | ',') if first != last => match is_grouped(&parts[..parts.len() - 1]) {
            true if last == '.' => Shape::Point(decimal()),
            true => Shape::Comma(decimal()),
            false => Shape::Unclear,
        },
        (Some(_), '.') if grouped && !is_network_address(&parts) => Shape::Comma(parts.concat()),
        (Some(_), ',') if grouped => Shape::Point(parts.concat()),
        (Some(_), ',') if parts.iter().all(|part| is_of_list(part)) => {
            Shape::List(parts.iter().map(|&part| part.to_owned()).collect())
        }
        (_, ' ') if grouped => Shape::Plain(parts.concat()),
        _ => Shape::Unclear,
    }
}

/// One to three digits, then threes.
fn is_grouped(parts: &[&str]) -> bool {
    matches!(parts, [first, rest @ ..] if (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && rest.iter().all(|part| part.len() == 3))
}

fn is_network_address(parts: &[&str]) -> bool {
    parts.len() == 4
        && parts
            .iter()
            .all(|part| part.parse::<u16>().is_ok_and(|part| part < 256))
}

/// Not what could be a group of digits: some group by twos and a last three.
fn is_of_list(part: &str) -> bool {
    part.len() != 3 && (part == "0" || !part.starts_with('0'))
}
