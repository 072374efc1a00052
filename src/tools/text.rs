//! Cutting texts to size without breaking a character. To add a cut: a function here.

/// The first `max_chars` characters, with `…` in place of the rest.
pub(super) fn shorten(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The longest beginning of `text` that fits in `max_bytes`.
pub(super) fn cut(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}

/// The text with every line after the first indented, so that its lines cannot pass for lines of the list it stands in.
pub(super) fn indent_continuation(text: &str, indent: &str) -> String {
    text.trim_end()
        .lines()
        .collect::<Vec<_>>()
        .join(&format!("\n{indent}"))
}
