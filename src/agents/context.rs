//! Fitting a conversation into the model's window.
//!
//! Tokens are counted by `llm::tokens`, rather too many than too few, and the longest answer allowed has its place in
//! the window too. What does not fit is shortened in this order, and no more of it than needed:
//!
//! 1. Results of tools, the oldest first, make way for a marker with their length; those of the last answer stay.
//! 2. The results of earlier steps and the memories in the step's prompt are cut to head and tail, the longest most.
//! 3. The results of the last answer are cut to head and tail.
//!
//! The role's instructions, the task and the step's instructions are never shortened. The same conversation is always
//! shortened the same way, so a replay asks the same questions.

use crate::llm::{
    chat::{ChatMessage, ChatRequest},
    cut::middle_cut,
    prompt::StepPrompt,
    tokens::{estimate_request, estimate_tokens},
};

/// Texts are not cut below this many characters.
const LEAST_CHARS: usize = 200;

/// The request, shortened until it fits; None if it cannot. Its second message is `prompt`.
pub(super) fn fit(mut request: ChatRequest, prompt: &StepPrompt, window: u64) -> Option<ChatRequest> {
    let room = window.saturating_sub(u64::from(request.max_output_tokens));
    let mut size = estimate_request(&request);
    if size <= room {
        return Some(request);
    }
    let last_answer = request
        .messages
        .iter()
        .rposition(|message| matches!(message, ChatMessage::Assistant { .. }))
        .unwrap_or(request.messages.len());
    for message in &mut request.messages[..last_answer] {
        if let ChatMessage::Tool { content, .. } = message {
            let marker = format!("[a result of {} characters, left out]", content.chars().count());
            let (before, after) = (estimate_tokens(content), estimate_tokens(&marker));
            if after < before {
                *content = marker;
                size -= before - after;
            }
            if size <= room {
                return Some(request);
            }
        }
    }
    let longest = prompt.results.iter().map(|result| &result.output);
    let longest = longest.chain(&prompt.memories).map(|text| text.chars().count());
    for most in halves(longest.max().unwrap_or_default()) {
        if let Some(ChatMessage::User { content }) = request.messages.get_mut(1) {
            *content = shortened(prompt, most).render();
        }
        if estimate_request(&request) <= room {
            return Some(request);
        }
    }
    let whole: Vec<ChatMessage> = request.messages[last_answer..].to_vec();
    let longest = whole.iter().filter_map(result).map(|text| text.chars().count());
    for most in halves(longest.max().unwrap_or_default()) {
        for (message, whole) in request.messages[last_answer..].iter_mut().zip(&whole) {
            if let (ChatMessage::Tool { content, .. }, Some(text)) = (message, result(whole)) {
                *content = middle_cut(text, most);
            }
        }
        if estimate_request(&request) <= room {
            return Some(request);
        }
    }
    None
}

/// Half of a length, half of that, and so on.
fn halves(longest: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(longest / 2), |most| Some(most / 2)).take_while(|most| *most >= LEAST_CHARS)
}

fn result(message: &ChatMessage) -> Option<&str> {
    match message {
        ChatMessage::Tool { content, .. } => Some(content),
        _ => None,
    }
}

fn shortened(prompt: &StepPrompt, most: usize) -> StepPrompt {
    let mut short = prompt.clone();
    for result in &mut short.results {
        result.output = middle_cut(&result.output, most);
    }
    for memory in &mut short.memories {
        *memory = middle_cut(memory, most);
    }
    short
}
