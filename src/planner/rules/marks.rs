//! The marks that begin a list item, and the items written in the middle of a line.

/// The mark at the beginning of a line and what follows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark<'a> {
    /// `None` for bullets.
    pub number: Option<usize>,
    pub done: bool,
    pub text: &'a str,
}

/// Words that may stand before the number of an item: "Step 2: …".
const NUMBERED_WORDS: &[&str] = &[
    "step", "phase", "task", "stage", "part", "schritt", "aufgabe", "teil", "étape", "tâche", "paso",
    "tarea", "passo", "tarefa", "fase", "etapa",
];

/// Columns of white space at the beginning of a line.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The list mark of a line, if it has one.
pub(super) fn mark(line: &str) -> Option<Mark<'_>> {
    let line = line.trim();
    if let Some((done, text)) = check_box(line) {
        return Some(Mark {
            number: None,
            done,
            text,
        });
    }
    let (number, text) = match bullet(line) {
        Some(text) => (None, text),
        None => numbered(line).map(|(number, text)| (Some(number), text))?,
    };
    let (done, text) = check_box(text).unwrap_or((false, text));
    Some(Mark { number, done, text })
}

fn check_box(text: &str) -> Option<(bool, &str)> {
    let open = ["[ ]", "[]", "☐", "◻", "⬜"];
    let ticked = ["[x]", "[X]", "☑", "☒", "✅", "✔"];
    let strip = |marks: &[&str]| {
        marks
            .iter()
            .find_map(|mark| text.strip_prefix(mark))
            .map(str::trim_start)
    };
    strip(&open)
        .map(|text| (false, text))
        .or_else(|| strip(&ticked).map(|text| (true, text)))
}

fn bullet(line: &str) -> Option<&str> {
    let mut chars = line.chars();
    let first = chars.next()?;
    let rest = chars.as_str();
    let glued = matches!(
        first,
        '•' | '◦' | '▪' | '▫' | '‣' | '●' | '○' | '■' | '□' | '➤' | '➢' | '►' | '・'
    );
    let spaced = matches!(first, '-' | '*' | '+' | '–' | '—' | '·') && rest.starts_with(' ');
    (glued || spaced).then(|| rest.trim_start())
}

/// `1.`, `1)`, `(1)`, `1:`, `a)`, `(a)`, `iv)`, `①`, `1、`, `Step 1:`.
fn numbered(line: &str) -> Option<(usize, &str)> {
    let first = line.chars().next()?;
    if ('①'..='⑳').contains(&first) {
        return Some((
            first as usize - '①' as usize + 1,
            line[first.len_utf8()..].trim_start(),
        ));
    }
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    if NUMBERED_WORDS.contains(&&*word.to_lowercase()) {
        let (number, rest) = digits(rest)?;
        let rest = rest.trim_start();
        let text = rest.strip_prefix([':', '.', ')', '-', '–', '—'])?;
        return Some((number, text.trim_start()));
    }
    let (bracket, body) = line.strip_prefix('(').map_or((false, line), |body| (true, body));
    if let Some((number, rest)) = digits(body) {
        if let Some(text) = rest.strip_prefix(['、', '．']) {
            return Some((number, text.trim_start()));
        }
        let text = if bracket {
            rest.strip_prefix(')')
        } else {
            rest.strip_prefix(['.', ')', ':'])
        }?;
        return (text.is_empty() || text.starts_with(' ')).then(|| (number, text.trim_start()));
    }
    let close = body.find(')').filter(|&at| (1..=4).contains(&at))?;
    let number = letters(&body[..close])?;
    let text = &body[close + 1..];
    text.starts_with(' ').then(|| (number, text.trim_start()))
}

fn digits(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = (1..=3).contains(&end).then(|| text[..end].parse().ok())??;
    Some((number, &text[end..]))
}

/// `a` is 1, `b` is 2; longer ones are small Roman numbers.
fn letters(text: &str) -> Option<usize> {
    let roman = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"];
    let lower = text.to_ascii_lowercase();
    match lower.as_bytes() {
        [letter @ b'a'..=b'z'] if !roman.contains(&&*lower) => Some(usize::from(letter - b'a') + 1),
        _ => roman.iter().position(|number| *number == lower).map(|at| at + 1),
    }
}

/// Items numbered within a line: "Do this: 1) read it 2) rate it 3) report." The text before the first one, and
/// the items. At least two, counted from 1 without a gap.
pub(super) fn inline_items(text: &str) -> Option<(&str, Vec<&str>)> {
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut previous = None;
    let mut skip_to = 0;
    for (at, c) in text.char_indices() {
        let free = previous
            .is_none_or(|before: char| before.is_whitespace() || matches!(before, ':' | ',' | ';' | '：'));
        previous = Some(c);
        if at < skip_to || !free || !(c == '(' || c.is_ascii_digit()) {
            continue;
        }
        let body = &text[at + usize::from(c == '(')..];
        let Some((number, rest)) = digits(body) else {
            continue;
        };
        let Some(after) = rest
            .strip_prefix(')')
            .or_else(|| rest.strip_prefix('.').filter(|_| c != '('))
        else {
            continue;
        };
        if number == starts.len() + 1 && after.starts_with(' ') {
            starts.push((at, text.len() - after.len()));
            skip_to = text.len() - after.len();
        }
    }
    if starts.len() < 2 {
        return None;
    }
    let head = text[..starts[0].0].trim();
    if !head.is_empty() && !text[starts[0].0..].starts_with('(') && !head.ends_with([':', '：', '.', ',']) {
        return None;
    }
    let ends = starts.iter().skip(1).map(|start| start.0).chain([text.len()]);
    let items: Vec<&str> = starts
        .iter()
        .zip(ends)
        .map(|(start, end)| text[start.1..end].trim())
        .collect();
    items
        .iter()
        .all(|item| item.chars().any(char::is_alphabetic))
        .then_some((head, items))
}
