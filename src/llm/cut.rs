//! Making texts shorter for a model, so that it sees that something is missing, and how much.

/// The head and the tail of a text, `most` characters together, with a marker in place of what was between them.
/// A text that is not longer stays as it is.
pub fn middle_cut(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let at = |chars: usize| text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    // More of the head: it says what the text is about.
    let tail = most / 3;
    let head = most - tail;
    let (before, after) = (&text[..at(head)], &text[at(count - tail)..]);
    format!("{before}\n[… {} characters left out …]\n{after}", count - most)
}
