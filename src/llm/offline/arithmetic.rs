//! Finds the arithmetic in a text: expressions (`12 * 7`), words (`15% of 80`, `3 plus 4`) and phrases
//! (`sum of 12 and 30`), as expressions of numbers, `+ - * /` and parentheses.
//!
//! To add a phrase: an arm in `phrase`.

mod tokens;

use tokens::{Token, tokens};

/// How deep parentheses and percentages may nest.
const MAX_DEPTH: usize = 32;

/// An expression and the place of the token behind it.
struct Parsed {
    text: String,
    end: usize,
    /// Operations in it: a number alone is no arithmetic.
    operations: usize,
}

/// The expressions of a text, in order and without repeats, `most` at most.
pub(super) fn expressions(text: &str, most: usize) -> Vec<String> {
    let tokens = tokens(text);
    let mut found: Vec<String> = Vec::new();
    let mut at = 0;
    while at < tokens.len() && found.len() < most {
        let parsed = phrase(&tokens, at)
            .or_else(|| sum(&tokens, at, 0))
            .filter(|parsed| parsed.operations > 0);
        let Some(parsed) = parsed else {
            at += 1;
            continue;
        };
        let expression = without_outer_parentheses(&parsed.text).to_owned();
        if !found.contains(&expression) {
            found.push(expression);
        }
        at = parsed.end;
    }
    found
}

/// A phrase that begins with a word: `sum of …`, `multiply … by …`.
fn phrase(tokens: &[Token], at: usize) -> Option<Parsed> {
    let Some(Token::Word(word)) = tokens.get(at) else {
        return None;
    };
    let of = || {
        matches!(
            word_at(tokens, at + 1),
            Some("of" | "between" | "von" | "aus" | "zwischen")
        )
        .then(|| list(tokens, at + 2))
        .flatten()
    };
    match word.as_str() {
        "sum" | "total" | "summe" => Some(joined(&of()?, " + ")),
        "product" | "produkt" => Some(joined(&of()?, " * ")),
        "difference" | "differenz" => pair(of()?, |a, b| format!("{a} - {b}")),
        "quotient" => pair(of()?, |a, b| format!("{a} / {b}")),
        "average" | "mean" | "durchschnitt" => {
            let (items, end) = of()?;
            let text = format!("({}) / {}", items.join(" + "), items.len());
            Some(Parsed {
                text,
                end,
                operations: items.len(),
            })
        }
        "add" => {
            let start = if word_at(tokens, at + 1) == Some("up") {
                at + 2
            } else {
                at + 1
            };
            two(tokens, start, "to", |a, b| format!("{a} + {b}"))
                .or_else(|| list(tokens, start).map(|items| joined(&items, " + ")))
        }
        "multiply" => two(tokens, at + 1, "by", |a, b| format!("{a} * {b}"))
            .or_else(|| list(tokens, at + 1).map(|items| joined(&items, " * "))),
        "divide" => two(tokens, at + 1, "by", |a, b| format!("{a} / {b}")),
        "subtract" => two(tokens, at + 1, "from", |a, b| format!("{b} - {a}")),
        _ => None,
    }
}

/// Two or more values: `3, 4 and 5`, `the numbers 12 and 30`, `$12 fees and 30 taxes`.
fn list(tokens: &[Token], at: usize) -> Option<(Vec<String>, usize)> {
    let mut at = skip(
        tokens,
        at,
        &["the", "these", "all", "numbers", "values", "amounts"],
    );
    let mut items = Vec::new();
    let mut last = false;
    loop {
        let item = sum(tokens, at, 0)?;
        items.push(enclosed(&item));
        let mut end = item.end;
        if matches!(word_at(tokens, end), Some(word) if !matches!(word, "and" | "or" | "by" | "to" | "from" | "then"))
        {
            end += 1;
        }
        let mut next = end;
        if matches!(tokens.get(next), Some(Token::Comma)) {
            next += 1;
        }
        let and = word_at(tokens, next) == Some("and");
        next += usize::from(and);
        // What follows the item behind the `and` is no longer part of the list.
        if last || next == end || sum(tokens, next, 0).is_none() {
            return (items.len() > 1).then_some((items, item.end));
        }
        last = and;
        at = next;
    }
}

fn two(tokens: &[Token], at: usize, between: &str, text: fn(&str, &str) -> String) -> Option<Parsed> {
    let first = sum(tokens, at, 0)?;
    if word_at(tokens, first.end) != Some(between) {
        return None;
    }
    let second = sum(tokens, first.end + 1, 0)?;
    Some(Parsed {
        text: text(&enclosed(&first), &enclosed(&second)),
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

fn sum(tokens: &[Token], at: usize, depth: usize) -> Option<Parsed> {
    chain(tokens, at, &['+', '-'], |at| {
        chain(tokens, at, &['*', '/'], |at| value(tokens, at, depth))
    })
}

/// Operands with operators of one rank between them.
fn chain(
    tokens: &[Token],
    at: usize,
    operators: &[char],
    operand: impl Fn(usize) -> Option<Parsed>,
) -> Option<Parsed> {
    let mut left = operand(at)?;
    while let Some(Token::Operator(operator)) = tokens.get(left.end) {
        if !operators.contains(operator) {
            break;
        }
        let Some(right) = operand(left.end + 1) else { break };
        left.text = format!("{} {operator} {}", left.text, right.text);
        left.operations += right.operations + 1;
        left.end = right.end;
    }
    Some(left)
}

fn value(tokens: &[Token], at: usize, depth: usize) -> Option<Parsed> {
    if depth > MAX_DEPTH {
        return None;
    }
    match tokens.get(at)? {
        Token::Number(number) => {
            let percent_of = matches!(tokens.get(at + 1), Some(Token::Percent))
                && matches!(word_at(tokens, at + 2), Some("of" | "von"));
            let whole = percent_of
                .then(|| value(tokens, skip(tokens, at + 3, &["the"]), depth + 1))
                .flatten();
            Some(match whole {
                Some(whole) => Parsed {
                    text: format!("({number} / 100 * {})", whole.text),
                    end: whole.end,
                    operations: whole.operations + 1,
                },
                None => Parsed {
                    text: number.clone(),
                    end: at + 1,
                    operations: 0,
                },
            })
        }
        Token::Operator('-') if depth > 0 => match tokens.get(at + 1)? {
            Token::Number(number) => Some(Parsed {
                text: format!("-{number}"),
                end: at + 2,
                operations: 0,
            }),
            _ => None,
        },
        Token::Open => {
            let inner = sum(tokens, at + 1, depth + 1)?;
            matches!(tokens.get(inner.end), Some(Token::Close)).then(|| Parsed {
                text: format!("({})", inner.text),
                end: inner.end + 1,
                operations: inner.operations,
            })
        }
        _ => None,
    }
}

fn enclosed(parsed: &Parsed) -> String {
    if parsed.operations == 0
        || parsed.text.starts_with('(') && without_outer_parentheses(&parsed.text) != parsed.text
    {
        parsed.text.clone()
    } else {
        format!("({})", parsed.text)
    }
}

/// `a + b` for `(a + b)`; `(a) + (b)` stays as it is.
fn without_outer_parentheses(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else {
        return text;
    };
    let mut depth = 0_i32;
    for character in inner.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return text;
        }
    }
    inner
}

fn word_at(tokens: &[Token], at: usize) -> Option<&str> {
    match tokens.get(at) {
        Some(Token::Word(word)) => Some(word),
        _ => None,
    }
}

fn skip(tokens: &[Token], mut at: usize, words: &[&str]) -> usize {
    while word_at(tokens, at).is_some_and(|word| words.contains(&word)) {
        at += 1;
    }
    at
}
