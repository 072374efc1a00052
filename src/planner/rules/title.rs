//! The title of a step, from its words.

use super::text::{has_substance, is_mark, one_line};

/// The title of a task that says nothing.
pub(super) const FALLBACK: &str = "Carry out the task";

/// A line of at most `most` characters that begins large and ends without punctuation.
pub(super) fn title(text: &str, most: usize) -> String {
    let line = one_line(text).replace("**", "").replace("__", "");
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || is_mark(c));
    if !has_substance(line) {
        return FALLBACK.to_owned();
    }
    let title = cut(&capitalised(line), most);
    if title.is_empty() {
        FALLBACK.to_owned()
    } else {
        title
    }
}

/// `first` with a word on how many more were merged into it.
pub(super) fn merged(first: &str, more: usize, most: usize) -> String {
    if more == 0 {
        return title(first, most);
    }
    let tail = format!(" (and {more} more)");
    format!("{}{tail}", title(first, most - tail.len()))
}

fn cut(text: &str, most: usize) -> String {
    let head = match text.char_indices().nth(most) {
        None => text,
        Some((end, _)) => match text[..end].rfind(' ') {
            Some(blank) if blank * 2 > end => &text[..blank],
            _ => &text[..end],
        },
    };
    head.trim_end_matches(|c: char| c.is_whitespace() || is_mark(c))
        .to_owned()
}

/// Words with capitals or dots of their own (`iPhone`, `npm.js`) stay as they are.
fn capitalised(text: &str) -> String {
    let word = text.split_whitespace().next().unwrap_or_default();
    let own = word.chars().skip(1).any(char::is_uppercase)
        || word.trim_end_matches(is_mark).contains(['.', '/', '@', '_']);
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if !own => first.to_uppercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}
