//! The loop detector: a model that asks for the same thing again and again will not get on by asking once more.

use std::collections::HashMap;

use crate::{domain::digest::sha256_hex, llm::chat::ToolRequest, tools::canonical_arguments};

/// Counts equal calls: the same tool with the same arguments, however they were written.
#[derive(Clone, Debug)]
pub(super) struct Repeats {
    most: u32,
    seen: HashMap<String, u32>,
    was_told: bool,
}

/// The model was told that it repeats itself, and went on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LoopDetected {
    pub(super) tool: String,
}

impl Repeats {
    pub(super) fn new(most: u32) -> Self {
        Self {
            most,
            seen: HashMap::new(),
            was_told: false,
        }
    }

    /// Takes in the calls of one answer; answers which of them are one too many. It is an error once the model was told of
    /// such calls in an earlier answer.
    pub(super) fn take(&mut self, calls: &[ToolRequest]) -> Result<Vec<bool>, LoopDetected> {
        let mut too_many = Vec::with_capacity(calls.len());
        for call in calls {
            let key = format!("{}\n{}", call.name, canonical_arguments(&call.arguments));
            let count = self.seen.entry(sha256_hex(key.as_bytes())).or_default();
            *count += 1;
            let is_too_many = *count > self.most;
            if is_too_many && self.was_told {
                return Err(LoopDetected {
                    tool: call.name.chars().take(64).collect(),
                });
            }
            too_many.push(is_too_many);
        }
        self.was_told |= too_many.contains(&true);
        Ok(too_many)
    }
}
