//! How many tokens a text may be, without a tokenizer: for reservations and limits, never for bills that a
//! provider counted.

use super::chat::{ChatAnswer, ChatMessage, ChatRequest};

/// Weights are in fourteenths of a token, so that 3.5 letters make one without fractions.
const TOKEN: u64 = 14;

/// Tokens that the format adds around each message and each tool.
const PER_MESSAGE: u64 = 5;

/// Tokens that open the answer.
const PER_REQUEST: u64 = 3;

/// Tokens of a text, rather too many than too few.
///
/// Letters and spaces count 1/3.5 (English is nearer 1/4); digits, punctuation and control characters 9/14, as in code
/// and JSON; accented Latin letters 1/2; every other script, CJK among them, 1 per character (Cyrillic is nearer 1/2);
/// characters beyond the basic plane, such as emoji, 3. Long runs of random letters (keys, base64) can come out a
/// third too low.
pub fn estimate_tokens(text: &str) -> u64 {
    text.chars().map(weight).sum::<u64>().div_ceil(TOKEN)
}

/// Tokens of everything that is sent: messages, tool calls, tool descriptions and the form of the answer.
pub fn estimate_request(request: &ChatRequest) -> u64 {
    let messages: u64 = request
        .messages
        .iter()
        .map(|message| PER_MESSAGE + message_tokens(message))
        .sum();
    let tools: u64 = request
        .tools
        .iter()
        .map(|tool| {
            PER_MESSAGE
                + estimate_tokens(&tool.name)
                + estimate_tokens(&tool.description)
                + estimate_tokens(&tool.parameters.to_string())
        })
        .sum();
    let form = request.response_schema.as_ref().map_or(0, |form| {
        PER_MESSAGE + estimate_tokens(&form.name) + estimate_tokens(&form.schema.to_string())
    });
    messages + tools + form + PER_REQUEST
}

/// Tokens of an answer, for providers that count none.
pub fn estimate_answer(answer: &ChatAnswer) -> u64 {
    let calls = answer.tool_calls.iter();
    estimate_tokens(&answer.content) + calls.map(|call| estimate_tokens(&call.arguments)).sum::<u64>()
}

fn message_tokens(message: &ChatMessage) -> u64 {
    match message {
        ChatMessage::System { content } | ChatMessage::User { content } => estimate_tokens(content),
        ChatMessage::Assistant {
            content,
            tool_calls,
            thinking,
        } => {
            let calls = tool_calls.iter().map(|call| {
                PER_MESSAGE
                    + estimate_tokens(&call.id)
                    + estimate_tokens(&call.name)
                    + estimate_tokens(&call.arguments)
            });
            let thoughts = thinking.iter().flat_map(|thinking| &thinking.blocks);
            let thoughts = thoughts.map(|block| estimate_tokens(&block.to_string()));
            estimate_tokens(content) + calls.sum::<u64>() + thoughts.sum::<u64>()
        }
        ChatMessage::Tool {
            tool_call_id,
            name,
            content,
        } => estimate_tokens(tool_call_id) + estimate_tokens(name) + estimate_tokens(content),
    }
}

fn weight(character: char) -> u64 {
    match character {
        'a'..='z' | 'A'..='Z' | ' ' => 4,
        '\0'..='\u{7f}' => 9,
        '\u{80}'..='\u{24f}' => 7,
        '\u{250}'..='\u{ffff}' => TOKEN,
        _ => 3 * TOKEN,
    }
}
