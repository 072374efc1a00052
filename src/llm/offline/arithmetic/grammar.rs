//! Reads expressions: operators by rank, signs, parentheses, functions and `15% of 80`.

use super::tokens::Token;

/// How deep parentheses and percentages may nest.
const MAX_DEPTH: usize = 32;

/// An expression and the place of the token behind it.
pub(super) struct Parsed {
    pub(super) text: String,
    pub(super) end: usize,
    /// Operations in it: a number alone is no arithmetic.
    pub(super) operations: usize,
}

pub(super) fn sum(tokens: &[Token], at: usize, depth: usize) -> Option<Parsed> {
    chain(tokens, at, &['+', '-'], |at| {
        chain(tokens, at, &['*', '/'], |at| {
            chain(tokens, at, &['^'], |at| value(tokens, at, depth))
        })
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
            let number = &number.text;
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
        Token::Negative => value(tokens, at + 1, depth + 1).map(|positive| Parsed {
            text: format!("-{}", positive.text),
            ..positive
        }),
        Token::Call(function) => arguments(tokens, function, at + 2, depth + 1).map(|inner| Parsed {
            text: format!("{function}({})", inner.text),
            end: inner.end + 1,
            operations: inner.operations + 1,
        }),
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

/// The arguments of a function; the closing parenthesis stands at their end.
fn arguments(tokens: &[Token], function: &str, at: usize, depth: usize) -> Option<Parsed> {
    let mut all = sum(tokens, at, depth)?;
    let mut separator = None;
    while let Some(comma @ Token::Comma { glued }) = tokens.get(all.end) {
        let next = sum(tokens, all.end + 1, depth)?;
        // A comma without spaces may be a decimal sign: `sqrt(6,25)`, `sum(1,5 + 2,5)`, `max(1,5, 2,5)`.
        let is_separator = !glued
            || matches!(function, "sum" | "avg" | "min" | "max") && all.operations + next.operations == 0;
        if !is_separator || *separator.get_or_insert(comma) != comma {
            return None;
        }
        all.text = format!("{}, {}", all.text, next.text);
        all.operations += next.operations;
        all.end = next.end;
    }
    matches!(tokens.get(all.end), Some(Token::Close)).then_some(all)
}

pub(super) fn enclosed(parsed: &Parsed) -> String {
    if parsed.operations == 0
        || parsed.text.starts_with('(') && without_outer_parentheses(&parsed.text) != parsed.text
    {
        parsed.text.clone()
    } else {
        format!("({})", parsed.text)
    }
}

/// `a + b` for `(a + b)`; `(a) + (b)` stays as it is.
pub(super) fn without_outer_parentheses(text: &str) -> &str {
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

pub(super) fn is_number(tokens: &[Token], at: usize) -> bool {
    matches!(tokens.get(at), Some(Token::Number(_)))
}

pub(super) fn word_at(tokens: &[Token], at: usize) -> Option<&str> {
    match tokens.get(at) {
        Some(Token::Word(word)) => Some(word),
        _ => None,
    }
}

pub(super) fn skip(tokens: &[Token], mut at: usize, words: &[&str]) -> usize {
    while word_at(tokens, at).is_some_and(|word| words.contains(&word)) {
        at += 1;
    }
    at
}
