//! From HTML to readable text in one pass: no tree, no recursion, time and memory linear in the input.
//!
//! To treat a further element: a name in [`SKIPPED`] or [`INLINE`].

use super::entities;

/// Elements whose content nobody reads.
const SKIPPED: &[&str] = &[
    "script", "style", "noscript", "template", "svg", "iframe", "object", "textarea", "select",
];

/// Elements within a line; every other tag ends the line.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img", "ins",
    "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u",
    "var", "wbr",
];

/// The text of a page: tags, comments, scripts and styles taken out, entities decoded, white space collapsed to
/// single blanks and line breaks. What is broken off (a tag or a script without an end) is dropped.
pub fn readable(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        push_text(&mut text, &rest[..at]);
        rest = &rest[at..];
        rest = match rest.as_bytes().get(1) {
            Some(b'!') if rest.starts_with("<!--") => after(rest, 2, "-->"),
            Some(b'!' | b'?') => after(rest, 2, ">"),
            Some(b'/') | Some(b'a'..=b'z' | b'A'..=b'Z') => element(&mut text, rest),
            _ => {
                push_text(&mut text, "<");
                &rest[1..]
            }
        };
    }
    push_text(&mut text, rest);
    text.truncate(text.trim_end().len());
    text
}

/// Reads the tag `rest` begins with, and the content of an element that is skipped. Answers what follows.
fn element<'a>(text: &mut String, rest: &'a str) -> &'a str {
    let is_end = rest.as_bytes().get(1) == Some(&b'/');
    let name_start = if is_end { 2 } else { 1 };
    let name_length = rest[name_start..]
        .bytes()
        .take_while(u8::is_ascii_alphanumeric)
        .count();
    let name = rest[name_start..name_start + name_length].to_ascii_lowercase();
    let following = after_tag(rest);
    if name == "td" || name == "th" {
        break_word(text);
    } else if !INLINE.contains(&name.as_str()) {
        break_line(text);
    }
    let is_empty = rest[..rest.len() - following.len()].ends_with("/>");
    if !is_end && !is_empty && SKIPPED.contains(&name.as_str()) {
        after_end_tag(following, &name)
    } else {
        following
    }
}

/// What follows the first `end` at or after the byte `from`; nothing if there is none.
fn after<'a>(rest: &'a str, from: usize, end: &str) -> &'a str {
    let rest = rest.get(from..).unwrap_or_default();
    rest.find(end).map_or("", |at| &rest[at + end.len()..])
}

/// What follows a tag. A `>` within quotes belongs to an attribute.
fn after_tag(rest: &str) -> &str {
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return &rest[at + 1..],
            (None, _) => {}
        }
    }
    ""
}

/// What follows `</name …>`, in any case of letters.
fn after_end_tag<'a>(mut rest: &'a str, name: &str) -> &'a str {
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        let is_name = rest
            .get(..name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name));
        let ends = rest
            .as_bytes()
            .get(name.len())
            .is_none_or(|next| !next.is_ascii_alphanumeric());
        if is_name && ends {
            return after(rest, 0, ">");
        }
    }
    ""
}

/// Adds text between tags. Decoding comes before collapsing, so that `&nbsp;` collapses too.
fn push_text(text: &mut String, raw: &str) {
    for character in entities::decode(raw).chars() {
        match character {
            character if character.is_whitespace() => break_word(text),
            // Invisible characters carry nothing but tricks.
            character
                if character.is_control()
                    || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}') =>
                {}
            character => text.push(character),
        }
    }
}

fn break_word(text: &mut String) {
    if !text.is_empty() && !text.ends_with([' ', '\n']) {
        text.push(' ');
    }
}

fn break_line(text: &mut String) {
    text.truncate(text.trim_end_matches(' ').len());
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}
