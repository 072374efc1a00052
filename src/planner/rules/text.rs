//! Text as the rules see it: cleaned of what no reader sees, cut into words, with quoted parts marked as one piece.

/// One word of a text, without the punctuation around it.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    /// Byte range in the text.
    pub start: usize,
    pub end: usize,
    pub raw: &'a str,
    /// Lower case, with typewriter apostrophes.
    pub lower: String,
    /// Inside quotes, code or brackets: never a place to cut.
    pub shielded: bool,
}

/// Removes control and invisible formatting characters, unifies line ends and blanks. Joiners inside emoji and
/// Persian words stay.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            '\u{a0}' | '\u{202f}' | '\u{2007}' | '\u{3000}' => out.push(' '),
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {}
            '\u{feff}' | '\u{fffc}' | '\u{ad}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Whether anything in the text could be read: a letter, a digit or a symbol beyond punctuation.
pub(super) fn has_substance(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_alphanumeric() || (!c.is_ascii() && !is_mark(c) && !c.is_whitespace()))
}

/// One line, single blanks.
pub(super) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(part);
    }
    out
}

/// At most `chars` characters, cut at a blank where one is near, with an ellipsis for what is missing.
pub(super) fn shorten(text: &str, chars: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(chars) else {
        return text.to_owned();
    };
    let keep = text[..cut].char_indices().next_back().map_or(0, |(last, _)| last);
    let head = &text[..keep];
    let head = match head.rfind(char::is_whitespace) {
        Some(blank) if blank * 3 > keep * 2 => &head[..blank],
        _ => head,
    };
    format!(
        "{}…",
        head.trim_end_matches(|c: char| c.is_whitespace() || is_mark(c))
    )
}

/// The words of a text. Marks inside a word belong to it: `3.5`, `Node.js`, `12*7`, `don't`.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let shields = shields(text);
    let mut shield = shields.iter().peekable();
    let mut words = Vec::new();
    for (start, raw) in tokens(text) {
        let trimmed = raw.trim_start_matches(|c: char| !c.is_alphanumeric());
        let start = start + raw.len() - trimmed.len();
        let trimmed = trimmed.trim_end_matches(|c: char| !c.is_alphanumeric());
        if trimmed.is_empty() {
            continue;
        }
        while shield.peek().is_some_and(|span| span.1 <= start) {
            shield.next();
        }
        let shielded = shield.peek().is_some_and(|span| span.0 < start);
        let lower = trimmed.to_lowercase().replace('\u{2019}', "'");
        words.push(Word {
            start,
            end: start + trimmed.len(),
            raw: trimmed,
            lower,
            shielded,
        });
    }
    words
}

/// A longer span between two marks is chance, not a quotation.
const LONGEST_SHIELD: usize = 2_000;

/// Byte ranges of quoted text, code and brackets, from the opening mark to after the closing one, outermost only.
pub(super) fn shields(text: &str) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut open: Vec<(char, usize)> = Vec::new();
    for (at, c) in text.char_indices() {
        let closes = open.iter().rposition(|&(close, _)| close == c);
        if let Some(level) = closes {
            let (_, start) = open[level];
            open.truncate(level);
            if at - start > LONGEST_SHIELD {
                continue;
            }
            while spans.last().is_some_and(|span| span.0 >= start) {
                spans.pop();
            }
            spans.push((start, at + c.len_utf8()));
        } else if let Some(close) = closing(c) {
            // Deep nesting is noise: beyond it marks are plain characters, which bounds the search above.
            if open.len() < 16 {
                open.push((close, at));
            }
        }
    }
    spans
}

fn closing(open: char) -> Option<char> {
    Some(match open {
        '"' => '"',
        '`' => '`',
        '“' => '”',
        '„' => '“',
        '«' => '»',
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '「' => '」',
        '『' => '』',
        '（' => '）',
        '《' => '》',
        _ => return None,
    })
}

fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_break = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '、' | '；' | '→' | '…');
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(|c| !is_break(c))?;
        let end = text[start..].char_indices().find(|&(at, c)| {
            // 1,000 is one word.
            is_break(c) && !(c == ',' && digit_before(text, start + at) && digit_after(text, start + at + 1))
        });
        let end = end.map_or(text.len(), |(at, _)| start + at);
        rest = end;
        Some((start, &text[start..end]))
    })
}

fn digit_before(text: &str, at: usize) -> bool {
    text[..at].ends_with(|c: char| c.is_ascii_digit())
}

fn digit_after(text: &str, at: usize) -> bool {
    text[at..].starts_with(|c: char| c.is_ascii_digit())
}

/// Punctuation that may stand at the end of a clause and says nothing by itself.
pub(super) fn is_mark(c: char) -> bool {
    matches!(
        c,
        '.' | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | '-'
            | '–'
            | '—'
            | '…'
            | '。'
            | '，'
            | '、'
            | '；'
            | '：'
            | '！'
            | '？'
            | '．'
            | '؟'
            | '،'
            | '؛'
            | '۔'
            | '।'
            | '·'
            | '•'
            | '¿'
            | '¡'
            | '*'
            | '_'
            | '#'
            | '>'
            | '|'
    )
}

/// Han, kana: scripts written without blanks between words.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}
