//! What a finished step leaves to long-term memory: the gist of its output, without what was recalled for it.
//!
//! Text that was recalled in the step is not stored again: otherwise one wrong memory breeds copies of itself.

/// Longest lesson, in characters.
const MAX_CHARS: usize = 700;

/// Shortest rest of an output that is worth keeping, in characters.
const MIN_CHARS: usize = 12;

/// The lesson of a step; None if its output says nothing that was not recalled.
pub fn lesson(task: &str, title: &str, output: &str, recalled: &[String]) -> Option<String> {
    let known: Vec<String> = recalled.iter().map(|text| normal(text)).collect();
    let kept: Vec<&str> = output
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter(|line| {
            let line = normal(line);
            line.len() < MIN_CHARS || !known.iter().any(|known| known.contains(&line) || line.contains(known.as_str()))
        })
        .collect();
    let rest = kept.join(" ");
    if rest.chars().count() < MIN_CHARS {
        return None;
    }
    let text = format!("{} ({}): {rest}", shortened(one_line(task).as_str(), 200), title);
    Some(shortened(&text, MAX_CHARS))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters and digits in lower case, so that quoting and layout do not hide a repetition.
fn normal(text: &str) -> String {
    let words: Vec<String> = text
        .split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

fn shortened(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", text[..at].trim_end()),
        None => text.to_owned(),
    }
}
