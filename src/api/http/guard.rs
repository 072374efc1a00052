//! What is asked of a document before async-graphql sees it.
//!
//! Its parser recurses with the nesting of literals and selections, without a bound: 4 KB of `[[[[…` overflow the stack
//! and end the process, before any limit of the library applies. Validation expands fragments as often as they are
//! spread: 700 bytes can take seconds. So: first bytes, tokens and nesting are counted without recursion; then, of the
//! parsed document, how large it is with every fragment expanded, each computed once.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::{
        parse_query,
        types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet},
    },
};

use crate::api::graphql::Code;

/// Largest document, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// Most tokens. GraphiQL's introspection has about 400.
pub const MAX_TOKENS: usize = 4_000;

/// Deepest nesting of `{`, `[` and `(` together.
pub const MAX_NESTING: usize = 64;

/// Most fields once fragments are expanded.
pub const MAX_FIELDS: u64 = 2_000;

/// Deepest nesting of selections once fragments are expanded.
pub const MAX_DEPTH: u64 = 64;

/// Why a document was refused.
#[derive(Debug)]
pub struct Refused {
    pub code: Code,
    pub message: String,
    /// Where, as async-graphql's parser says it.
    pub locations: Vec<(usize, usize)>,
}

impl Refused {
    fn too_complex(message: String) -> Self {
        Self {
            code: Code::QueryTooComplex,
            message,
            locations: Vec::new(),
        }
    }

    /// `before` is the document up to the block string.
    fn unclosed_block(before: &str) -> Self {
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        let message = "a block string is not closed".to_owned();
        Self {
            code: Code::GraphqlParseFailed,
            message,
            locations: vec![(line, column)],
        }
    }
}

/// Parses a document that is safe to parse, and lets it through if it is safe to validate.
pub fn check(document: &str) -> Result<ExecutableDocument, Refused> {
    scan(document)?;
    let parsed = parse_query(document).map_err(|error| {
        let error = async_graphql::ServerError::from(error);
        Refused {
            code: Code::GraphqlParseFailed,
            message: in_short(&error.message),
            locations: error.locations.iter().map(|at| (at.line, at.column)).collect(),
        }
    })?;
    let Extent { fields, depth } = expanded(&parsed);
    if fields > MAX_FIELDS {
        let message =
            format!("the document has more than {MAX_FIELDS} fields once its fragments are expanded");
        return Err(Refused::too_complex(message));
    }
    if depth > MAX_DEPTH {
        let message =
            format!("the document is nested deeper than {MAX_DEPTH} levels once its fragments are expanded");
        return Err(Refused::too_complex(message));
    }
    Ok(parsed)
}

/// The parser repeats the line at fault, which may be the whole document; the last line says what is wrong, and the
/// locations say where.
fn in_short(message: &str) -> String {
    match message
        .trim_end()
        .rsplit_once('\n')
        .and_then(|(_, last)| last.trim_start().strip_prefix("= "))
    {
        Some(wrong) => format!("the document cannot be parsed: {wrong}"),
        None => message.to_owned(),
    }
}

/// Counts bytes, tokens and nesting. Brackets inside strings and comments do not count.
fn scan(document: &str) -> Result<(), Refused> {
    if document.len() > MAX_BYTES {
        let message = format!(
            "the document has {} bytes; at most {MAX_BYTES} are allowed",
            document.len()
        );
        return Err(Refused::too_complex(message));
    }
    let bytes = document.as_bytes();
    let (mut at, mut tokens, mut nesting) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'#' => at = end_of_line(bytes, at),
            b'"' => {
                tokens += 1;
                at = end_of_string(bytes, at).ok_or_else(|| Refused::unclosed_block(&document[..at]))?;
            }
            b'{' | b'[' | b'(' => {
                tokens += 1;
                nesting += 1;
                at += 1;
                if nesting > MAX_NESTING {
                    let message = format!("the document is nested deeper than {MAX_NESTING} levels");
                    return Err(Refused::too_complex(message));
                }
            }
            b'}' | b']' | b')' => {
                tokens += 1;
                nesting = nesting.saturating_sub(1);
                at += 1;
            }
            b' ' | b'\t' | b'\n' | b'\r' | b',' => at += 1,
            _ if is_word(byte) => {
                tokens += 1;
                while bytes.get(at).is_some_and(|byte| is_word(*byte)) {
                    at += 1;
                }
            }
            _ => {
                tokens += 1;
                at += 1;
            }
        }
        if tokens > MAX_TOKENS {
            let message = format!("the document has more than {MAX_TOKENS} tokens");
            return Err(Refused::too_complex(message));
        }
    }
    Ok(())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' || byte == b'-' || byte >= 0x80
}

fn end_of_line(bytes: &[u8], from: usize) -> usize {
    bytes[from..]
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .map_or(bytes.len(), |length| from + length)
}

/// The place after a string that begins at `from`; an unfinished one ends with its line. None for a block that is not
/// closed: the parser would take it for an empty string and go on behind it, where nothing has been counted.
fn end_of_string(bytes: &[u8], from: usize) -> Option<usize> {
    if bytes[from..].starts_with(b"\"\"\"") {
        let mut at = from + 3;
        while at < bytes.len() {
            if bytes[at..].starts_with(b"\\\"\"\"") {
                at += 4;
            } else if bytes[at..].starts_with(b"\"\"\"") {
                return Some(at + 3);
            } else {
                at += 1;
            }
        }
        return None;
    }
    let mut at = from + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            b'\n' | b'\r' => return Some(at),
            _ => at += 1,
        }
    }
    Some(at.min(bytes.len()))
}

/// How large a selection is with every fragment expanded.
#[derive(Clone, Copy, Default)]
struct Extent {
    fields: u64,
    depth: u64,
}

impl Extent {
    /// A field that selects nothing, or a fragment that is not there.
    const LEAF: Self = Self { fields: 1, depth: 1 };

    /// One beside the other.
    fn beside(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            depth: self.depth.max(other.depth),
        }
    }

    /// One level around it.
    fn wrapped(self) -> Self {
        Self {
            fields: self.fields.saturating_add(1),
            depth: self.depth.saturating_add(1),
        }
    }
}

/// The fields of all operations together, and the deepest of all selections, those of unused fragments included: those
/// are walked as well before they are refused. Fragments that spread themselves are left to validation.
fn expanded(document: &ExecutableDocument) -> Extent {
    let mut extents = Extents {
        fragments: &document.fragments,
        known: HashMap::new(),
    };
    let whole = document
        .operations
        .iter()
        .map(|(_, operation)| extents.of(&operation.node.selection_set.node, 0))
        .fold(Extent::default(), Extent::beside);
    let deepest = document
        .fragments
        .keys()
        .map(|name| extents.of_fragment(name, 0).depth)
        .max()
        .unwrap_or_default();
    Extent {
        depth: whole.depth.max(deepest),
        ..whole
    }
}

struct Extents<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// Extents found so far; None while a fragment is being looked at.
    known: HashMap<&'a str, Option<Extent>>,
}

impl<'a> Extents<'a> {
    /// Recursion is bounded by `level`: what lies too deep is not looked at, only called endless.
    fn of(&mut self, set: &'a SelectionSet, level: u64) -> Extent {
        if level > MAX_DEPTH {
            return Extent {
                fields: 0,
                depth: u64::MAX,
            };
        }
        set.items
            .iter()
            .map(|item| self.of_selection(&item.node, level))
            .fold(Extent::default(), Extent::beside)
    }

    fn of_selection(&mut self, selection: &'a Selection, level: u64) -> Extent {
        match selection {
            Selection::Field(field) => self.of(&field.node.selection_set.node, level + 1).wrapped(),
            Selection::InlineFragment(fragment) => {
                self.of(&fragment.node.selection_set.node, level + 1).wrapped()
            }
            Selection::FragmentSpread(spread) => {
                self.of_fragment(spread.node.fragment_name.node.as_str(), level)
            }
        }
    }

    fn of_fragment(&mut self, name: &'a str, level: u64) -> Extent {
        if let Some(known) = self.known.get(name) {
            return known.unwrap_or(Extent::LEAF);
        }
        let Some(fragment) = self.fragments.get(name) else {
            return Extent::LEAF;
        };
        self.known.insert(name, None);
        let extent = self.of(&fragment.node.selection_set.node, level + 1).wrapped();
        self.known.insert(name, Some(extent));
        extent
    }
}
