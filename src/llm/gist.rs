//! The gist of an output: what it says in plain lines, and which of them conclude.
//!
//! For whoever hands an output on: the offline model when it quotes earlier steps, the lessons kept of a step. It goes
//! by form, whoever wrote: headings, code, block quotes (the words of others), lines wholly in italics (asides on the
//! text itself) and lines that only lead up to a list are no part of what is said.
//! To leave out one more kind of line: a condition in `Reader::read`.

use super::prose::{closed, scanned, sentences};

/// How headings begin under which an output concludes.
const CONCLUDING: [&str; 22] = [
    "conclu",
    "summar",
    "result",
    "recommend",
    "answer",
    "verdict",
    "tl;dr",
    "tldr",
    "in short",
    "bottom line",
    "key takeaway",
    "fazit",
    "ergebnis",
    "zusammenfass",
    "empfehl",
    "résum",
    "resum",
    "结论",
    "总结",
    "建议",
    "結論",
    "まとめ",
];

/// What an output says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gist {
    /// Lines of the part that concludes: the last one whose heading says so, else the first one that says anything.
    pub conclusion: Vec<String>,
    /// Lines of the other parts, in order.
    pub rest: Vec<String>,
}

impl Gist {
    /// Takes an output in Markdown or plain text apart. Every line is one or more whole sentences.
    pub fn of(output: &str) -> Self {
        let mut reader = Reader {
            parts: vec![Part::default()],
            ..Reader::default()
        };
        for line in scanned(output).lines() {
            reader.read(line.trim());
        }
        let mut parts = reader.parts;
        for part in &mut parts {
            part.lines = part.lines.iter().filter_map(|line| finished(line)).collect();
        }
        parts.retain(|part| !part.lines.is_empty());
        let at = parts.iter().rposition(|part| part.concludes).unwrap_or_default();
        if parts.is_empty() {
            return Self::default();
        }
        let conclusion = parts.remove(at).lines;
        let rest = parts.into_iter().flat_map(|part| part.lines).collect();
        Self { conclusion, rest }
    }
}

/// What stands under one heading.
#[derive(Default)]
struct Part {
    concludes: bool,
    lines: Vec<String>,
}

#[derive(Default)]
struct Reader {
    parts: Vec<Part>,
    in_code: bool,
    /// The next line of text goes on with the last one.
    is_open: bool,
    /// The last line was the row of a table.
    in_table: bool,
}

impl Reader {
    fn read(&mut self, line: &str) {
        let was_open = std::mem::take(&mut self.is_open);
        let was_table = std::mem::take(&mut self.in_table);
        if line.starts_with("```") || line.starts_with("~~~") {
            self.in_code = !self.in_code;
            return;
        }
        if self.in_code || line.is_empty() || line.starts_with('>') || is_aside(line) {
            return;
        }
        if let Some(heading) = heading(line) {
            let heading = heading.to_lowercase();
            let heading = heading.trim_start_matches(|c: char| !c.is_alphabetic());
            let concludes = CONCLUDING.iter().any(|start| heading.starts_with(start));
            self.parts.push(Part {
                concludes,
                lines: Vec::new(),
            });
        } else if let Some(row) = line.strip_prefix('|') {
            self.in_table = true;
            if !row.contains(char::is_alphanumeric) {
                // The rule under the head of a table: what is above it names columns.
                if was_table {
                    self.lines().pop();
                }
                return;
            }
            self.lines().push(told_by_row(row));
        } else if let Some(item) = item(line) {
            self.lines().push(plain(item));
            self.is_open = true;
        } else {
            self.is_open = true;
            let text = plain(line);
            match self.lines().last_mut() {
                Some(last) if was_open => {
                    last.push(' ');
                    last.push_str(&text);
                }
                _ => self.lines().push(text),
            }
        }
    }

    fn lines(&mut self) -> &mut Vec<String> {
        if self.parts.is_empty() {
            self.parts.push(Part::default());
        }
        let last = self.parts.len() - 1;
        &mut self.parts[last].lines
    }
}

/// `# Heading`, or a line that is bold from end to end.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    if text.len() < line.len() && text.starts_with(' ') {
        return Some(text);
    }
    let bold = line
        .trim_end_matches(':')
        .strip_prefix("**")?
        .strip_suffix("**")?;
    (!bold.contains("**")).then_some(bold)
}

/// A line wholly in italics or brackets.
fn is_aside(line: &str) -> bool {
    let within = |open: char, close: char| {
        line.strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
            .is_some_and(|inner| !inner.starts_with([open, ' ']) && !inner.ends_with(close))
    };
    within('_', '_') || within('*', '*') || within('[', ']')
}

/// The text of a list item.
fn item(line: &str) -> Option<&str> {
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let marks: &[&str] = if digits.len() < line.len() {
        &[". ", ") "]
    } else {
        &["- ", "* ", "+ ", "• "]
    };
    let text = marks.iter().find_map(|mark| digits.strip_prefix(mark))?;
    let ticked = ["[ ] ", "[x] ", "[X] "];
    Some(
        ticked
            .iter()
            .find_map(|tick| text.strip_prefix(tick))
            .unwrap_or(text),
    )
}

/// `name: what the other cells say`; nothing for a row whose other cells are empty.
fn told_by_row(row: &str) -> String {
    let mut cells = row.split('|').map(plain);
    let name = cells.next().unwrap_or_default();
    let told: Vec<String> = cells
        .filter(|cell| cell.contains(char::is_alphanumeric))
        .collect();
    match told.join("; ") {
        told if told.is_empty() || told.starts_with(&name) => told,
        told => format!("{name}: {told}"),
    }
}

fn plain(text: &str) -> String {
    text.replace("**", "").replace("__", "").trim().to_owned()
}

/// Without a last sentence that only leads up to something else, and with a mark at its end.
fn finished(line: &str) -> Option<String> {
    let mut told = sentences(line);
    if told.last().is_some_and(|last| last.ends_with([':', '：'])) {
        told.pop();
    }
    (!told.is_empty()).then(|| closed(&told.join(" ")))
}
