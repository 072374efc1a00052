//! Reads the lines of a description into blocks: paragraphs, headings, lists and quoted material.
//!
//! To add a kind of list mark: a case in `marks.rs`.

use super::marks::{Mark, indent, mark};
use super::text::{has_substance, is_mark};

/// One block of a description.
#[derive(Debug)]
pub(super) enum Block<'a> {
    /// A paragraph.
    Text(&'a str),
    Heading(&'a str),
    List {
        numbered: bool,
        items: Vec<Item<'a>>,
    },
    /// Code, a quotation or a table: to be read, not to be done.
    Material(String),
}

/// One item of a list.
#[derive(Debug)]
pub(super) struct Item<'a> {
    /// The words of the item, over one or more lines.
    pub text: String,
    /// Items and paragraphs under it.
    pub details: Vec<&'a str>,
    /// Its number, in a numbered list.
    pub number: Option<usize>,
    /// A check box that is ticked.
    pub done: bool,
    indent: usize,
}

impl<'a> Item<'a> {
    /// An item that was written in the middle of a line.
    pub(super) fn inline(text: &str, number: usize) -> Self {
        Self {
            text: text.to_owned(),
            details: Vec::new(),
            number: Some(number),
            done: false,
            indent: 0,
        }
    }

    /// The item with what stands under it, as lines.
    pub(super) fn lines(&self) -> String {
        let mut lines = format!("- {}", self.text);
        for detail in &self.details {
            lines.push_str("\n  - ");
            lines.push_str(detail);
        }
        lines
    }
}

/// The blocks of a cleaned description.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut reader = Reader {
        source: text,
        blocks: Vec::new(),
        paragraph: None,
        after_blank: true,
    };
    let mut fence: Option<(&str, String)> = None;
    let mut at = 0;
    for line in text.split('\n') {
        let trimmed = line.trim();
        if let Some((close, mut material)) = fence.take() {
            if trimmed.starts_with(close) {
                reader.material(material);
            } else {
                material.push_str(line);
                material.push('\n');
                fence = Some((close, material));
            }
        } else if trimmed.starts_with("```") {
            fence = Some(("```", String::new()));
        } else if trimmed.starts_with("~~~") {
            fence = Some(("~~~", String::new()));
        } else {
            reader.line(line, trimmed, at);
        }
        at += line.len() + 1;
    }
    if let Some((_, material)) = fence {
        reader.material(material);
    }
    reader.end_paragraph();
    reader.blocks
}

struct Reader<'a> {
    source: &'a str,
    blocks: Vec<Block<'a>>,
    /// Byte range of the paragraph being read.
    paragraph: Option<(usize, usize)>,
    after_blank: bool,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: &'a str, trimmed: &'a str, at: usize) {
        if trimmed.is_empty() {
            self.end_paragraph();
            self.after_blank = true;
            return;
        }
        if is_rule(trimmed) {
            self.end_under_rule(trimmed);
        } else if let Some(title) = heading(trimmed) {
            self.end_paragraph();
            self.blocks.push(Block::Heading(title));
        } else if trimmed.starts_with(['>', '|']) && !trimmed.starts_with(">=") {
            self.quoted(trimmed);
        } else if let Some(mark) = mark(line) {
            self.item(mark, indent(line));
        } else {
            self.plain(line, trimmed, at);
        }
        self.after_blank = false;
    }

    fn item(&mut self, mark: Mark<'a>, indent: usize) {
        self.end_paragraph();
        if !has_substance(mark.text) {
            return;
        }
        let fresh = Item {
            text: mark.text.to_owned(),
            details: Vec::new(),
            number: mark.number,
            done: mark.done,
            indent,
        };
        let is_numbered = mark.number.is_some();
        if let Some(Block::List { numbered, items }) = self.blocks.last_mut()
            && let Some(last) = items.last_mut()
        {
            if indent >= last.indent + 2 {
                last.details.push(mark.text);
                return;
            }
            if *numbered == is_numbered {
                items.push(fresh);
                return;
            }
        }
        self.blocks.push(Block::List {
            numbered: is_numbered,
            items: vec![fresh],
        });
    }

    fn plain(&mut self, line: &'a str, trimmed: &'a str, at: usize) {
        if self.paragraph.is_none()
            && let Some(Block::List { items, .. }) = self.blocks.last_mut()
            && let Some(last) = items.last_mut()
        {
            let indented = indent(line) >= last.indent + 2;
            if indented && (self.after_blank || !last.details.is_empty()) {
                last.details.push(trimmed);
                return;
            }
            if !self.after_blank && (indented || trimmed.starts_with(char::is_lowercase)) {
                last.text.push(' ');
                last.text.push_str(trimmed);
                return;
            }
        }
        let start = self.paragraph.map_or(at, |(start, _)| start);
        self.paragraph = Some((start, at + line.len()));
    }

    fn quoted(&mut self, trimmed: &str) {
        self.end_paragraph();
        if let (false, Some(Block::Material(material))) = (self.after_blank, self.blocks.last_mut()) {
            material.push_str(trimmed);
            material.push('\n');
        } else {
            self.blocks.push(Block::Material(format!("{trimmed}\n")));
        }
    }

    fn material(&mut self, material: String) {
        self.end_paragraph();
        if !material.trim().is_empty() {
            self.blocks.push(Block::Material(material));
        }
    }

    fn end_paragraph(&mut self) {
        let Some((start, end)) = self.paragraph.take() else {
            return;
        };
        self.blocks.push(Block::Text(&self.source[start..end]));
    }

    /// A line of `===` or `---` under a single line makes that line a heading.
    fn end_under_rule(&mut self, rule: &str) {
        let Some((start, end)) = self.paragraph.take() else {
            return;
        };
        let text = &self.source[start..end];
        if rule.starts_with(['=', '-']) && !text.contains('\n') && !text.trim_end().ends_with('.') {
            self.blocks.push(Block::Heading(text.trim()));
        } else {
            self.blocks.push(Block::Text(text));
        }
    }
}

fn is_rule(trimmed: &str) -> bool {
    let mut chars = trimmed.chars();
    let Some(first) = chars.next() else { return false };
    matches!(first, '-' | '=' | '*' | '_') && trimmed.len() >= 3 && chars.all(|c| c == first)
}

fn heading(trimmed: &str) -> Option<&str> {
    let body = trimmed.trim_start_matches('#');
    let level = trimmed.len() - body.len();
    if (1..=6).contains(&level) && body.starts_with(' ') {
        return Some(body.trim().trim_end_matches('#').trim_end());
    }
    let bold = trimmed.strip_prefix("**")?.strip_suffix("**")?;
    let plain = !bold.contains("**") && !bold.is_empty() && bold.chars().count() <= 120;
    plain.then(|| bold.trim_end_matches(is_mark))
}
