//! Plain text: its sentences, and cutting it to size.

/// The most text that is looked through for sentences, in characters.
const MAX_SCANNED_CHARS: usize = 20_000;

/// Words whose full stop does not end a sentence.
const ABBREVIATIONS: [&str; 9] = ["dr", "mr", "mrs", "ms", "prof", "ca", "bzw", "vs", "approx"];

/// Words whose full stop does not end a sentence if a number follows.
const NUMBER_SIGNS: [&str; 4] = ["no", "nr", "art", "fig"];

/// Words in front of a German ordinal: `am 3. Mai`.
const BEFORE_ORDINALS: [&str; 10] = ["am", "vom", "bis", "den", "zum", "der", "dem", "ab", "seit", "im"];

/// The start of a text, as much as is looked through.
pub fn scanned(text: &str) -> &str {
    text.char_indices()
        .nth(MAX_SCANNED_CHARS)
        .map_or(text, |(end, _)| &text[..end])
}

/// The sentences and lines of a text, trimmed, without those that have no letters or digits.
pub fn sentences(text: &str) -> Vec<&str> {
    let text = scanned(text);
    let mut found = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let next_is_space = characters.peek().is_none_or(|(_, next)| next.is_whitespace());
        let ends = match character {
            '\n' | '。' | '！' | '？' => true,
            '.' => next_is_space && !is_inside(&text[start..at], &text[end..]),
            '!' | '?' | ';' => next_is_space,
            _ => false,
        };
        if ends {
            found.push(&text[start..end]);
            start = end;
        }
    }
    found.push(&text[start..]);
    found
        .into_iter()
        .map(str::trim)
        .filter(|sentence| sentence.contains(char::is_alphanumeric))
        .collect()
}

/// Whether a full stop between these two belongs to an abbreviation, an ordinal or the number of a list item.
fn is_inside(before: &str, after: &str) -> bool {
    let mut words = before
        .rsplit(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let last = words.next().unwrap_or_default();
    if last.is_empty() || !before.ends_with(last) || last.len() > 8 {
        return false;
    }
    let number_follows = after.trim_start().starts_with(|next: char| next.is_ascii_digit());
    if last.len() <= 2 && last.bytes().all(|byte| byte.is_ascii_digit()) {
        return words
            .next()
            .is_none_or(|word| BEFORE_ORDINALS.contains(&word.to_lowercase().as_str()));
    }
    let word = last.to_lowercase();
    // `e.g.`, `z. B.`: a letter that stands beside another.
    let mut around = after.trim_start().chars();
    let is_letter = |word: &str| word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let letter_follows = around.next().is_some_and(|c| c.is_ascii_alphabetic()) && around.next() == Some('.');
    let is_initial = is_letter(last) && (letter_follows || words.next().is_some_and(is_letter));
    is_initial
        || ABBREVIATIONS.contains(&word.as_str())
        || number_follows && NUMBER_SIGNS.contains(&word.as_str())
}

/// A text on one line, cut at a sentence or else a word to at most `most` characters and a mark for the cut.
pub fn condensed(text: &str, most: usize) -> String {
    let line = scanned(text).split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(most) else {
        return line;
    };
    let head = &line[..end];
    let whole: usize = sentences(head)
        .iter()
        .filter(|sentence| sentence.ends_with(['.', '!', '?', '。', '！', '？']))
        .filter_map(|sentence| head.rfind(sentence).map(|at| at + sentence.len()))
        .filter(|&at| at < end || line[end..].starts_with(' '))
        .max()
        .unwrap_or_default();
    if whole * 2 > head.len() {
        return head[..whole].to_owned();
    }
    format!("{} …", head.rfind(' ').map_or(head, |at| &head[..at]))
}

/// A text with a mark at its end.
pub fn closed(text: &str) -> String {
    let text = text.trim_end_matches([' ', '\t', '\n', ',', ';']).trim_start();
    let is_chinese_or_japanese = |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}');
    if text.is_empty() || text.ends_with(['.', '!', '?', '…', ':', '。', '！', '？']) {
        text.to_owned()
    } else if text.ends_with(is_chinese_or_japanese) {
        format!("{text}。")
    } else {
        format!("{text}.")
    }
}
