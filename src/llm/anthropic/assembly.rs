//! Puts an answer together from its events, within bounds.
//! Source: Anthropic API documentation, "Streaming messages".

use std::collections::HashSet;

use serde_json::Value;

use super::{
    PROVIDER,
    block::{Added, Block},
    usage::{self, Counted},
};
use crate::llm::{
    DeltaSink,
    chat::{ChatAnswer, ChatRequest, FinishReason, Thinking, ToolRequest},
};

/// The longest answer, in bytes of text, thoughts and tool arguments together.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// The most blocks of one answer.
const MAX_BLOCKS: usize = 256;

/// Why an answer is not one.
#[derive(Debug, thiserror::Error)]
pub(super) enum AssemblyError {
    #[error("the answer is longer than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
    #[error("the answer has more than {MAX_BLOCKS} blocks")]
    TooManyBlocks,
    #[error("the answer asks for a tool without naming it")]
    NamelessCall,
}

/// An answer in the making.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    /// With the index that the server gave them.
    blocks: Vec<(u64, Block)>,
    content: String,
    finish: Option<FinishReason>,
    counted: Counted,
    model: String,
    bytes: usize,
    is_over: bool,
}

impl Assembly {
    /// An answer that came as one document.
    pub(super) fn of_message(message: &Value, deltas: DeltaSink<'_>) -> Result<Self, AssemblyError> {
        let mut assembly = Self {
            is_over: true,
            ..Self::default()
        };
        assembly.begin(message);
        assembly.stopped(message);
        for (index, block) in (0..).zip(message["content"].as_array().into_iter().flatten()) {
            assembly.open(index, block, deltas)?;
        }
        Ok(assembly)
    }

    /// Takes in an event. Those of unknown types, pings among them, say nothing.
    pub(super) fn add(&mut self, event: &Value, deltas: DeltaSink<'_>) -> Result<(), AssemblyError> {
        let index = event["index"].as_u64().unwrap_or_default();
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => self.begin(&event["message"]),
            "content_block_start" => self.open(index, &event["content_block"], deltas)?,
            "content_block_delta" => self.go_on(index, &event["delta"], deltas)?,
            "message_delta" => {
                self.stopped(&event["delta"]);
                self.counted.add(&event["usage"]);
            }
            "message_stop" => self.is_over = true,
            _ => {}
        }
        Ok(())
    }

    /// Whether the server said why it stopped.
    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Whether nothing more comes.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    fn begin(&mut self, message: &Value) {
        self.counted.add(&message["usage"]);
        if self.model.is_empty() {
            self.model = message["model"].as_str().unwrap_or_default().to_owned();
        }
    }

    fn stopped(&mut self, with: &Value) {
        self.finish = with["stop_reason"].as_str().map(usage::finish).or(self.finish);
    }

    fn open(&mut self, index: u64, block: &Value, deltas: DeltaSink<'_>) -> Result<(), AssemblyError> {
        let (opened, added) = Block::open(block);
        self.push(index, opened)?;
        self.take(&added, deltas)
    }

    fn go_on(&mut self, index: u64, delta: &Value, deltas: DeltaSink<'_>) -> Result<(), AssemblyError> {
        if !self.blocks.iter().any(|(at, _)| *at == index) {
            self.push(index, Block::for_piece(delta))?;
        }
        let Some((_, block)) = self.blocks.iter_mut().rev().find(|(at, _)| *at == index) else {
            return Ok(());
        };
        let added = block.add(delta);
        self.take(&added, deltas)
    }

    fn push(&mut self, index: u64, block: Block) -> Result<(), AssemblyError> {
        if self.blocks.len() == MAX_BLOCKS {
            return Err(AssemblyError::TooManyBlocks);
        }
        self.blocks.push((index, block));
        Ok(())
    }

    fn take(&mut self, added: &Added<'_>, deltas: DeltaSink<'_>) -> Result<(), AssemblyError> {
        self.bytes += added.bytes;
        if self.bytes > MAX_ANSWER_BYTES {
            return Err(AssemblyError::TooLong);
        }
        if !added.text.is_empty() {
            self.content.push_str(added.text);
            deltas(added.text);
        }
        Ok(())
    }

    /// The answer; ids that are missing or doubled are made up, unique in the conversation.
    pub(super) fn finish(mut self, request: &ChatRequest) -> Result<ChatAnswer, AssemblyError> {
        let mut tool_calls = Vec::new();
        let mut ids = HashSet::new();
        for (at, (_, block)) in self.blocks.iter_mut().enumerate() {
            let arguments = block.arguments();
            let Block::ToolUse { id, name, .. } = block else {
                continue;
            };
            if name.is_empty() {
                return Err(AssemblyError::NamelessCall);
            }
            if id.is_empty() || ids.contains(id) {
                *id = format!("toolu_{}_{at}", request.messages.len());
            }
            ids.insert(id.clone());
            tool_calls.push(ToolRequest {
                id: id.clone(),
                name: name.clone(),
                arguments,
            });
        }
        let finish = match self.finish {
            None | Some(FinishReason::Stop) if !tool_calls.is_empty() => FinishReason::ToolCalls,
            Some(FinishReason::ToolCalls) if tool_calls.is_empty() => FinishReason::Stop,
            Some(finish) => finish,
            None => FinishReason::Stop,
        };
        Ok(ChatAnswer {
            // Nobody asks for it back where no tool was asked for.
            thinking: (!tool_calls.is_empty()).then(|| self.thinking()).flatten(),
            content: self.content,
            tool_calls,
            finish,
            usage: self.counted.usage(),
            model: if self.model.is_empty() {
                request.model.clone()
            } else {
                self.model
            },
        })
    }

    /// All blocks in order, where thoughts are among them.
    fn thinking(&self) -> Option<Thinking> {
        let blocks = self.blocks.iter().map(|(_, block)| block);
        blocks.clone().any(Block::is_thinking).then(|| Thinking {
            provider: PROVIDER.to_owned(),
            blocks: blocks.filter_map(Block::to_wire).collect(),
        })
    }
}
