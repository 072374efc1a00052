//! What is known of a step's output in this process, and what a watcher has not seen of it yet.
//!
//! Offsets that leave this module count UTF-16 code units, as the strings of JavaScript, Java and .NET do: a browser
//! adds `text.length`. Inside, bytes are counted.

use std::collections::BTreeMap;

use super::delta::Delta;

/// Bytes of hints that wait for what comes before them.
const MOST_AHEAD: usize = 64 * 1024;

/// A piece of a step's output. Whoever keeps what stands before `offset` and puts `text` after it has the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputPiece {
    /// The attempt that wrote it; 0 if there was none.
    pub attempt: i64,
    /// UTF-16 code units of the text before this piece.
    pub offset: usize,
    pub text: String,
    /// The step has ended, and this is the last piece.
    pub is_final: bool,
}

/// The latest attempt's text, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct View {
    epoch: i64,
    text: String,
    /// Heard before what stands in front of it, by offset.
    ahead: BTreeMap<usize, String>,
    /// Set at the end: how much of the text from before it still stands, in bytes.
    kept: Option<usize>,
    /// Whether the text is the step's output, and not only what is known of an attempt that came to nothing.
    is_output: bool,
}

/// How far a watcher has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    epoch: Option<i64>,
    bytes: usize,
    units: usize,
    /// Code units it has already, and of which attempt it has them if it says so.
    skip: usize,
    of_attempt: Option<i64>,
}

impl Place {
    pub(super) fn after(units: usize, of_attempt: Option<i64>) -> Self {
        Self {
            skip: units,
            of_attempt,
            ..Self::default()
        }
    }
}

impl View {
    /// A later attempt begins anew.
    pub(super) fn begin(&mut self, epoch: i64) {
        if epoch > self.epoch && self.kept.is_none() {
            *self = Self {
                epoch,
                ..Self::default()
            };
        }
    }

    /// Takes in what an attempt has written from its start.
    pub(super) fn absorb(&mut self, epoch: i64, text: &str) {
        self.begin(epoch);
        if epoch == self.epoch && self.kept.is_none() && text.len() > self.text.len() {
            text.clone_into(&mut self.text);
            self.catch_up();
        }
    }

    /// Takes in a hint. False if what stands before it is missing.
    pub(super) fn hear(&mut self, delta: Delta) -> bool {
        self.begin(delta.epoch);
        if delta.epoch < self.epoch || self.kept.is_some() {
            return true;
        }
        let waiting: usize = self.ahead.values().map(String::len).sum();
        let fits = waiting + delta.text.len() <= MOST_AHEAD || delta.offset <= self.text.len();
        if fits {
            self.ahead.insert(delta.offset, delta.text);
        }
        self.catch_up();
        fits && self.ahead.is_empty()
    }

    fn catch_up(&mut self) {
        while let Some(entry) = self.ahead.first_entry() {
            let Some(known) = self.text.len().checked_sub(*entry.key()) else {
                return;
            };
            let piece = entry.remove();
            // Of one attempt there is one text: what overlaps is the same.
            if let Some(new) = piece.get(known..) {
                self.text.push_str(new);
            }
        }
    }

    /// The step has ended. Its output, if it has one, takes the place of the text.
    pub(super) fn end(&mut self, epoch: i64, output: Option<String>) {
        self.begin(epoch);
        if self.kept.is_some() {
            return;
        }
        self.ahead.clear();
        self.kept = Some(self.text.len());
        if let Some(output) = output {
            self.kept = Some(common_prefix(&self.text, &output));
            self.text = output;
            self.is_output = true;
        }
    }

    /// What a watcher has not seen yet, and moves it on. None if there is nothing now.
    pub(super) fn next(&self, place: &mut Place) -> Option<OutputPiece> {
        if self.epoch == 0 && self.kept.is_none() {
            return None;
        }
        let had_text = place.bytes > 0 || place.skip > 0;
        let is_new = place.epoch.is_some_and(|epoch| epoch != self.epoch);
        if is_new {
            *place = Place::default();
        }
        if place.epoch.is_none() {
            place.epoch = Some(self.epoch);
            if place.of_attempt.is_some_and(|attempt| attempt != self.epoch) {
                place.skip = 0;
            }
        }
        if place.skip > 0 {
            let (bytes, units) = units_in(&self.text, place.skip);
            if units < place.skip && bytes == self.text.len() && self.kept.is_none() {
                // It has more than is known here: that is on its way.
                return None;
            }
            // What nobody here knows is not taken away from a watcher that has it.
            let keeps = bytes == self.text.len() && !self.is_output;
            let units = if keeps { units.max(place.skip) } else { units };
            (place.bytes, place.units, place.skip) = (bytes, units, 0);
        }
        if let Some(kept) = self.kept
            && kept < place.bytes
        {
            (place.bytes, place.units) = (kept, self.text[..kept].encode_utf16().count());
        }
        let text = self.text.get(place.bytes..).unwrap_or_default();
        if text.is_empty() && self.kept.is_none() && !(is_new && had_text) {
            return None;
        }
        let piece = OutputPiece {
            attempt: self.epoch,
            offset: place.units,
            text: text.to_owned(),
            is_final: self.kept.is_some(),
        };
        place.bytes += text.len();
        place.units += text.encode_utf16().count();
        Some(piece)
    }
}

/// How many bytes two texts have in common at their start, whole characters only.
fn common_prefix(one: &str, other: &str) -> usize {
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    one.floor_char_boundary(same)
}

/// The place after at most so many UTF-16 code units, before a character it would cut: in bytes and in code units.
fn units_in(text: &str, most: usize) -> (usize, usize) {
    let mut units = 0;
    for (at, char) in text.char_indices() {
        if units + char.len_utf16() > most {
            return (at, units);
        }
        units += char.len_utf16();
    }
    (text.len(), units)
}
