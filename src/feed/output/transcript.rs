//! The text of one attempt: the answers of its model one after the other, an empty line between two.
//!
//! An output is stored without the white space around it and without NUL characters. The same is left out here, so that
//! the text of an attempt with one answer, which is the usual case, is its output to the letter.

/// The longest text that is shown while it is written, in bytes. What comes after it is seen when the step completes.
const MOST: usize = 256 * 1024;

/// Stands between two answers.
const BETWEEN: &str = "\n\n";

/// A text that only grows.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    text: String,
    /// White space that counts only if more comes after it.
    held: String,
    /// Whether the present answer has said anything.
    has_begun: bool,
    full: bool,
}

impl Transcript {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What comes from here on is another answer.
    pub(super) fn begin_answer(&mut self) {
        self.has_begun = false;
        self.held.clear();
    }

    /// Whether the present answer has said anything yet.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Adds to the present answer. Answers whether the text has grown.
    pub(super) fn push(&mut self, piece: &str) -> bool {
        let piece = piece.replace('\0', "");
        let piece = if self.has_begun {
            piece.as_str()
        } else {
            piece.trim_start()
        };
        let solid = piece.trim_end();
        if solid.is_empty() {
            self.hold(piece);
            return false;
        }
        let between = if self.has_begun || self.text.is_empty() {
            ""
        } else {
            BETWEEN
        };
        self.has_begun = true;
        let longer = self.text.len() + between.len() + self.held.len() + solid.len();
        // Once a piece is missing, what comes after it would stand in the wrong place.
        self.full |= longer > MOST;
        if self.full {
            return false;
        }
        self.text.push_str(between);
        self.text.push_str(&self.held);
        self.text.push_str(solid);
        self.held.clear();
        self.hold(&piece[solid.len()..]);
        true
    }

    fn hold(&mut self, space: &str) {
        self.full |= self.held.len() + space.len() > MOST;
        if !self.full {
            self.held.push_str(space);
        }
    }
}
