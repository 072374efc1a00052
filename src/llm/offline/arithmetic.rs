//! Finds the arithmetic in a text: expressions (`12 * 7`), words (`15% of 80`, `3 plus 4`) and phrases
//! (`sum of 12 and 30`), as expressions the calculator reads without doubt: numbers with decimal points and no
//! groups, operators, parentheses and functions. A sentence whose arithmetic is not understood as a whole gives
//! none: no answer is better than a wrong one.
//!
//! To add a phrase: an arm in `phrase`.

mod grammar;
mod numbers;
mod surroundings;
mod tokens;
mod written;

use grammar::{Parsed, enclosed, is_number, skip, sum, without_outer_parentheses, word_at};
use surroundings::{are_clear, is_arithmetic};
use tokens::{Token, tokens};

/// Nouns that say what to do with the values behind their `of`.
const NOUNS: [&str; 11] = [
    "sum",
    "total",
    "summe",
    "product",
    "produkt",
    "difference",
    "differenz",
    "quotient",
    "average",
    "mean",
    "durchschnitt",
];

/// What may stand in front of a list of values.
const FILLERS: [&str; 6] = ["the", "these", "all", "numbers", "values", "amounts"];

/// What a place in a text begins with.
enum Phrase {
    Understood(Parsed),
    /// Something is to be calculated, but what?
    NotUnderstood,
    /// Words of another kind.
    None,
}

/// The expressions of a text, in order and without repeats, `most` at most.
pub(super) fn expressions(text: &str, most: usize) -> Vec<String> {
    let tokens = tokens(text);
    let mut found: Vec<String> = Vec::new();
    for sentence in tokens.split(|token| *token == Token::End) {
        for expression in of_sentence(sentence).unwrap_or_default() {
            if !found.contains(&expression) {
                found.push(expression);
            }
        }
    }
    found.truncate(most);
    found
}

/// The expressions of a sentence; `None` where one of them is not understood.
fn of_sentence(tokens: &[Token]) -> Option<Vec<String>> {
    let mut found: Vec<(usize, Parsed)> = Vec::new();
    let mut taken = vec![false; tokens.len()];
    let mut phrases_end = None;
    let mut at = 0;
    while at < tokens.len() {
        let parsed = match phrase(tokens, at) {
            Phrase::NotUnderstood => return None,
            Phrase::Understood(parsed) => {
                phrases_end = phrases_end.or(Some(parsed.end));
                Some(parsed)
            }
            Phrase::None => sum(tokens, at, 0).filter(|parsed| parsed.operations > 0),
        };
        let Some(parsed) = parsed else {
            at += 1;
            continue;
        };
        taken[at..parsed.end].fill(true);
        let start = std::mem::replace(&mut at, parsed.end);
        found.push((start, parsed));
    }
    // A number that a phrase did not reach may well be meant to be in it.
    let missed = |end: usize| (end..tokens.len()).any(|at| is_number(tokens, at) && !taken[at]);
    let whole = found
        .iter()
        .all(|(start, parsed)| are_clear(tokens, *start, parsed.end, &taken));
    (whole && !phrases_end.is_some_and(missed)).then(|| {
        let texts = found.iter().map(|(_, parsed)| parsed.text.as_str());
        texts
            .map(|text| without_outer_parentheses(text).to_owned())
            .collect()
    })
}

/// A phrase that begins with a word: `sum of …`, `multiply … by …`.
fn phrase(tokens: &[Token], at: usize) -> Phrase {
    let Some(word) = word_at(tokens, at) else {
        return Phrase::None;
    };
    let is_noun = NOUNS.contains(&word);
    let start = match (word_at(tokens, at + 1), word) {
        (Some("of" | "between" | "von" | "aus" | "zwischen"), _) if is_noun => at + 2,
        (Some("up"), "add") => at + 2,
        (_, "add" | "multiply" | "divide" | "subtract") => at + 1,
        _ => return Phrase::None,
    };
    let numbers_follow = if is_noun {
        (start..tokens.len()).any(|at| is_number(tokens, at))
    } else {
        sum(tokens, skip(tokens, start, &FILLERS), 0).is_some()
    };
    match calculation(tokens, word, start) {
        Some(parsed) => Phrase::Understood(parsed),
        None if numbers_follow => Phrase::NotUnderstood,
        None => Phrase::None,
    }
}

/// What a verb or noun makes of the values from `at` on.
fn calculation(tokens: &[Token], word: &str, at: usize) -> Option<Parsed> {
    let items = || list(tokens, at);
    match word {
        "sum" | "total" | "summe" => items()
            .map(|items| joined(&items, " + "))
            .or_else(|| written_out(tokens, at)),
        "product" | "produkt" => Some(joined(&items()?, " * ")),
        "difference" | "differenz" => pair(items()?, |a, b| format!("{a} - {b}")),
        "quotient" => pair(items()?, |a, b| format!("{a} / {b}")),
        "average" | "mean" | "durchschnitt" => {
            let (items, end) = items()?;
            let text = format!("({}) / {}", items.join(" + "), items.len());
            Some(Parsed {
                text,
                end,
                operations: items.len(),
            })
        }
        "add" => two(tokens, at, "to", |a, b| format!("{a} + {b}"))
            .or_else(|| items().map(|items| joined(&items, " + ")))
            .or_else(|| written_out(tokens, at)),
        "multiply" => two(tokens, at, "by", |a, b| format!("{a} * {b}"))
            .or_else(|| items().map(|items| joined(&items, " * "))),
        "divide" => two(tokens, at, "by", |a, b| format!("{a} / {b}")),
        "subtract" => two(tokens, at, "from", |a, b| format!("{b} - {a}")),
        _ => None,
    }
}

/// `the sum of 3 + 4`.
fn written_out(tokens: &[Token], at: usize) -> Option<Parsed> {
    sum(tokens, skip(tokens, at, &FILLERS), 0).filter(|parsed| parsed.operations > 0)
}

/// Two or more values: `3, 4 and 5`, `the numbers 12 and 30`, `$12 fees and 30 taxes`.
fn list(tokens: &[Token], at: usize) -> Option<(Vec<String>, usize)> {
    let mut at = skip(tokens, at, &FILLERS);
    let mut items: Vec<Parsed> = Vec::new();
    let mut last = false;
    loop {
        let item = sum(tokens, at, 0)?;
        // `3,4 and 5` may be two numbers or three.
        if tokens[at..item.end]
            .iter()
            .any(|token| matches!(token, Token::Number(number) if number.loose))
        {
            return None;
        }
        let item_end = item.end;
        items.push(item);
        let mut end = item_end;
        if matches!(word_at(tokens, end), Some(word)
            if !matches!(word, "and" | "or" | "by" | "to" | "from" | "then") && !is_arithmetic(word))
        {
            end += 1;
        }
        let mut next = end;
        if matches!(tokens.get(next), Some(Token::Comma { .. })) {
            next += 1;
        }
        let and = word_at(tokens, next) == Some("and");
        next += usize::from(and);
        // What follows the item behind the `and` is no longer part of the list.
        if last || next == end || sum(tokens, next, 0).is_none() {
            let texts = items.iter().map(enclosed).collect();
            return (items.len() > 1 && !trails_off(&items)).then_some((texts, item_end));
        }
        last = and;
        at = next;
    }
}

/// `3 and 4 times 2`: whether the operation is on the last value or on all of them is anyone's guess.
fn trails_off(items: &[Parsed]) -> bool {
    let is_bare = |item: &Parsed| item.operations > 0 && enclosed(item) != item.text;
    matches!(items, [before @ .., last] if is_bare(last) && !before.iter().any(is_bare))
}

fn two(tokens: &[Token], at: usize, between: &str, text: fn(&str, &str) -> String) -> Option<Parsed> {
    let first = sum(tokens, at, 0)?;
    if word_at(tokens, first.end) != Some(between) {
        return None;
    }
    let second = sum(tokens, first.end + 1, 0)?;
    let values = [first, second];
    let [first, second] = &values;
    (!trails_off(&values)).then(|| Parsed {
        text: text(&enclosed(first), &enclosed(second)),
        end: second.end,
        operations: 1,
    })
}

fn pair((items, end): (Vec<String>, usize), text: fn(&str, &str) -> String) -> Option<Parsed> {
    match items.as_slice() {
        [first, second] => Some(Parsed {
            text: text(first, second),
            end,
            operations: 1,
        }),
        _ => None,
    }
}

fn joined((items, end): &(Vec<String>, usize), operator: &str) -> Parsed {
    Parsed {
        text: items.join(operator),
        end: *end,
        operations: items.len() - 1,
    }
}
