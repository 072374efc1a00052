//! The journal: model and tool calls, written down before they are sent and settled before they are used.

mod llm;
mod tool;

pub use llm::{LlmSettlement, NewLlmCall, Reservation};
pub use tool::{NewToolCall, ToolSettlement};
