//! Every call that came in, in order, and what it did.

use std::sync::Mutex;

/// A question to the model.
#[derive(Clone, Debug)]
pub struct ModelCall {
    pub caller: String,
    /// The code of the step it is about.
    pub code: String,
    /// Questions of the conversation before it.
    pub ordinal: usize,
    /// Of the whole request.
    pub hash: String,
    /// Whether an answer was sent off. Whether it arrived is another matter.
    pub answered: bool,
}

/// A call of a tool.
#[derive(Clone, Debug)]
pub struct ToolCall {
    pub tool: String,
    /// The `Idempotency-Key` it came with.
    pub key: String,
    /// The id of the step it came for.
    pub step: String,
    pub arguments: String,
    /// Whether it changed the world: a repeated call of an idempotent tool does not.
    pub took_effect: bool,
    pub answered: bool,
}

/// The truth about what was asked for and done.
#[derive(Debug, Default)]
pub struct OutsideLog {
    models: Mutex<Vec<ModelCall>>,
    tools: Mutex<Vec<ToolCall>>,
}

impl OutsideLog {
    pub fn model_calls(&self) -> Vec<ModelCall> {
        self.models.lock().unwrap().clone()
    }

    pub fn tool_calls(&self) -> Vec<ToolCall> {
        self.tools.lock().unwrap().clone()
    }

    /// Writes a question down; answers its place.
    pub(super) fn asked(&self, call: ModelCall) -> usize {
        let mut calls = self.models.lock().unwrap();
        calls.push(call);
        calls.len() - 1
    }

    pub(super) fn was_answered(&self, place: usize) {
        self.models.lock().unwrap()[place].answered = true;
    }

    /// Writes a call down; answers its place.
    pub(super) fn called(&self, call: ToolCall) -> usize {
        let mut calls = self.tools.lock().unwrap();
        calls.push(call);
        calls.len() - 1
    }

    /// Does what the tool does; `once` by key.
    pub(super) fn take_effect(&self, place: usize, once: bool) {
        let mut calls = self.tools.lock().unwrap();
        let (tool, key) = (calls[place].tool.clone(), calls[place].key.clone());
        let before = |call: &ToolCall| call.took_effect && call.tool == tool && call.key == key;
        calls[place].took_effect = !once || !calls.iter().any(before);
    }

    pub(super) fn tool_answered(&self, place: usize) {
        self.tools.lock().unwrap()[place].answered = true;
    }
}
