//! Puts an answer together from its pieces, within bounds.

use serde_json::Value;

use super::answer::{self, CallPiece};
use crate::llm::{
    DeltaSink,
    chat::{ChatAnswer, ChatRequest, FinishReason, ToolRequest, Usage},
};

/// The longest answer, in bytes of text and tool arguments together.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// The most tool calls of one answer.
const MAX_TOOL_CALLS: usize = 256;

/// Why an answer is not one.
#[derive(Debug, thiserror::Error)]
pub(super) enum AssemblyError {
    #[error("the answer is longer than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
    #[error("the answer asks for more than {MAX_TOOL_CALLS} tools")]
    TooManyCalls,
    #[error("the answer asks for a tool without naming it")]
    NamelessCall,
}

/// An answer in the making.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    content: String,
    refused: bool,
    calls: Vec<OpenCall>,
    finish: Option<FinishReason>,
    usage: Option<Usage>,
    model: String,
    bytes: usize,
}

#[derive(Debug)]
struct OpenCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl Assembly {
    /// Takes in a chunk, or a whole answer; new text goes to the sink.
    pub(super) fn add(&mut self, chunk: &Value, deltas: DeltaSink<'_>) -> Result<(), AssemblyError> {
        let piece = answer::piece(chunk);
        for text in [&piece.text, &piece.refusal] {
            if !text.is_empty() {
                self.grow(text.len())?;
                self.content.push_str(text);
                deltas(text);
            }
        }
        self.refused |= !piece.refusal.is_empty();
        for call in piece.calls {
            self.add_call(call)?;
        }
        self.finish = piece.finish.or(self.finish);
        // Servers that count in every chunk count up: the last word is right.
        self.usage = answer::usage(chunk).or(self.usage);
        if self.model.is_empty() {
            self.model = chunk["model"].as_str().unwrap_or_default().to_owned();
        }
        Ok(())
    }

    /// Whether the server said why it stopped: what may still come is usage.
    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    fn grow(&mut self, by: usize) -> Result<(), AssemblyError> {
        self.bytes += by;
        if self.bytes > MAX_ANSWER_BYTES {
            Err(AssemblyError::TooLong)
        } else {
            Ok(())
        }
    }

    fn add_call(&mut self, piece: CallPiece) -> Result<(), AssemblyError> {
        self.grow(piece.id.len() + piece.name.len() + piece.arguments.len())?;
        let at = match self.open_call(&piece) {
            Some(at) => at,
            None => {
                if self.calls.len() == MAX_TOOL_CALLS {
                    return Err(AssemblyError::TooManyCalls);
                }
                self.calls.push(OpenCall {
                    index: piece.index,
                    id: String::new(),
                    name: String::new(),
                    arguments: String::new(),
                });
                self.calls.len() - 1
            }
        };
        let call = &mut self.calls[at];
        if call.id.is_empty() {
            call.id = piece.id;
        }
        // Repeated with every piece by some servers, sent in parts by none that is known.
        if call.name.is_empty() {
            call.name = piece.name;
        }
        call.arguments.push_str(&piece.arguments);
        Ok(())
    }

    /// The call a piece continues, or `None` where it opens a new one.
    fn open_call(&self, piece: &CallPiece) -> Option<usize> {
        // One index for calls with different ids is sent by servers that do not count.
        let same_id = |call: &OpenCall| piece.id.is_empty() || call.id.is_empty() || call.id == piece.id;
        match piece.index {
            Some(index) => {
                let at = self.calls.iter().rposition(|call| call.index == Some(index))?;
                same_id(&self.calls[at]).then_some(at)
            }
            None if !piece.id.is_empty() => self.calls.iter().rposition(|call| call.id == piece.id),
            None if !piece.name.is_empty() => None,
            None => self.calls.len().checked_sub(1),
        }
    }

    /// The answer; ids that are missing or doubled are made up, unique in the conversation.
    pub(super) fn finish(self, request: &ChatRequest) -> Result<ChatAnswer, AssemblyError> {
        let mut tool_calls: Vec<ToolRequest> = Vec::with_capacity(self.calls.len());
        for (at, call) in self.calls.into_iter().enumerate() {
            if call.name.is_empty() {
                return Err(AssemblyError::NamelessCall);
            }
            let usable = !call.id.is_empty() && tool_calls.iter().all(|other| other.id != call.id);
            let id = if usable {
                call.id
            } else {
                format!("call_{}_{at}", request.messages.len())
            };
            let arguments = if call.arguments.trim().is_empty() {
                "{}".to_owned()
            } else {
                call.arguments
            };
            tool_calls.push(ToolRequest {
                id,
                name: call.name,
                arguments,
            });
        }
        let finish = match self.finish {
            _ if self.refused => FinishReason::ContentFilter,
            None | Some(FinishReason::Stop) if !tool_calls.is_empty() => FinishReason::ToolCalls,
            Some(FinishReason::ToolCalls) if tool_calls.is_empty() => FinishReason::Stop,
            Some(finish) => finish,
            None => FinishReason::Stop,
        };
        let model = if self.model.is_empty() {
            request.model.clone()
        } else {
            self.model
        };
        Ok(ChatAnswer {
            content: self.content,
            tool_calls,
            finish,
            usage: self.usage,
            model,
            thinking: None,
        })
    }
}
