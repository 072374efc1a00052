//! Token estimates: never absurdly low, never absurdly high.

use agent_orchestrator::llm::{
    chat::{ChatMessage, ToolRequest},
    tokens::{estimate_request, estimate_tokens},
};

use super::{request, user};

/// Texts with the tokens that OpenAI's `o200k_base` encoding counts for them.
const COUNTED: [(&str, u64); 8] = [
    ("The quick brown fox jumps over the lazy dog.", 10),
    ("hello world", 2),
    ("你好,世界", 3),
    ("{\"name\": \"Ada\", \"age\": 36}", 12),
    ("fn main() { println!(\"{}\", 1 + 2); }", 13),
    ("2026-11-22T10:15:30Z", 13),
    ("東京の天気予報", 6),
    ("🦀🦀🦀", 9),
];

#[test]
fn estimates_are_above_the_count_and_within_reach_of_it() {
    assert_eq!(estimate_tokens(""), 0);
    for (text, counted) in COUNTED {
        let estimate = estimate_tokens(text);
        assert!(
            (counted..=2 * counted).contains(&estimate),
            "{text}: {estimate} for {counted}"
        );
    }
    assert_eq!(estimate_tokens(&"日".repeat(100)), 100);
    assert_eq!(estimate_tokens(&"a".repeat(350)), 100);
}

#[test]
fn everything_that_is_sent_counts() {
    let bare = estimate_request(&request("m", vec![user("hi")], &[]));
    let with_tool = estimate_request(&request("m", vec![user("hi")], &["clock"]));
    let call = ToolRequest {
        id: "c".to_owned(),
        name: "clock".to_owned(),
        arguments: "{\"zone\":\"UTC\"}".to_owned(),
    };
    let with_call = estimate_request(&request(
        "m",
        vec![
            user("hi"),
            ChatMessage::Assistant {
                content: String::new(),
                tool_calls: vec![call],
                thinking: None,
            },
        ],
        &[],
    ));
    assert!(bare > estimate_tokens("hi"));
    assert!(with_tool > bare + estimate_tokens("The tool clock."));
    assert!(with_call > bare + estimate_tokens("{\"zone\":\"UTC\"}"));
}
