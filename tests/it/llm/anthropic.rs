//! Answers in Anthropic's format, as they should be and as gateways make them.

use agent_orchestrator::llm::{
    anthropic::AnthropicModel,
    chat::{ChatAnswer, FinishReason, ToolRequest, Usage},
};
use serde_json::{Value, json};

use super::{
    ask,
    format::{Format, delta, event, events, message, message_start, tool_use},
    request,
    scripted_server::{ScriptedAnswer, ScriptedServer},
    user,
};

pub(crate) fn model(server: &ScriptedServer) -> AnthropicModel {
    AnthropicModel::new(Format::Anthropic.settings(server)).unwrap()
}

/// The answer to one question, and what was streamed of it.
pub(crate) async fn answered(answer: ScriptedAnswer) -> (ChatAnswer, Vec<String>) {
    let server = ScriptedServer::start(vec![answer]).await;
    let request = request("claude-test", vec![user("hi")], &["clock"]);
    let (answer, pieces) = ask(&model(&server), &request).await;
    (answer.unwrap(), pieces)
}

pub(crate) fn call(id: &str, name: &str, arguments: &str) -> ToolRequest {
    ToolRequest {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    }
}

#[tokio::test]
async fn text_is_streamed_and_returned_whole() {
    let (answer, pieces) = answered(Format::Anthropic.says("Grüße aus Wien", 12, 5)).await;
    assert_eq!(pieces, ["Grüße ", "aus ", "Wien"]);
    assert_eq!(answer.content, "Grüße aus Wien");
    assert_eq!(
        (answer.finish, answer.model.as_str()),
        (FinishReason::Stop, "claude-test-20260101")
    );
    let usage = Usage {
        input: 12,
        output: 5,
        ..Usage::default()
    };
    assert_eq!(answer.usage, Some(usage));
}

#[tokio::test]
async fn tool_calls_come_together_from_their_pieces() {
    let blocks = [
        json!({ "type": "text", "text": "Let me see." }),
        tool_use("add", &json!({ "x": "ä\"1" })),
        tool_use("clock", &json!({})),
        json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} }),
    ];
    let (answer, pieces) = answered(message(&blocks, "tool_use", 9, 9)).await;
    assert_eq!(answer.finish, FinishReason::ToolCalls);
    assert_eq!(pieces.concat(), "Let me see.");
    let expected = [
        call("toolu_add", "add", "{\"x\":\"ä\\\"1\"}"),
        call("toolu_clock", "clock", "{}"),
    ];
    assert_eq!(answer.tool_calls, expected);
    assert_eq!(answer.thinking, None);
}

#[tokio::test]
async fn calls_that_gateways_bend_are_read() {
    let open = |index: u64, block: Value| json!({ "type": "content_block_start", "index": index, "content_block": block });
    let all = [
        message_start(1, 1),
        open(0, json!({ "type": "tool_use", "name": "a", "input": { "x": 1 } })),
        open(
            1,
            json!({ "type": "tool_use", "id": "same", "name": "b", "input": "{\"y\":2}" }),
        ),
        open(2, json!({ "type": "tool_use", "id": "same", "name": "c" })),
        delta(2, &json!({ "type": "input_json_delta", "partial_json": null })),
        delta(3, &json!({ "type": "text_delta", "text": "without an opening" })),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" }, "usage": null }),
    ];
    let (answer, _) = answered(events(&all)).await;
    assert_eq!(answer.content, "without an opening");
    assert_eq!(
        answer.finish,
        FinishReason::ToolCalls,
        "whatever the server called it"
    );
    let arguments: Vec<&str> = answer
        .tool_calls
        .iter()
        .map(|call| call.arguments.as_str())
        .collect();
    assert_eq!(arguments, ["{\"x\":1}", "{\"y\":2}", "{}"]);
    let mut ids: Vec<&str> = answer.tool_calls.iter().map(|call| call.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.len() == 3 && ids.iter().all(|id| !id.is_empty()), "{ids:?}");
}

#[tokio::test]
async fn the_buckets_are_what_is_billed() {
    let counted =
        |usage: Value| async move { answered(Format::Anthropic.says_using("x", &usage)).await.0.usage };
    let real = json!({
        "input_tokens": 21, "cache_creation_input_tokens": 188_086, "cache_read_input_tokens": 512,
        "cache_creation": { "ephemeral_5m_input_tokens": 188_086, "ephemeral_1h_input_tokens": 0 },
        "output_tokens": 393, "service_tier": "standard", "server_tool_use": null,
    });
    let expected = Usage {
        input: 21,
        cache_read: 512,
        cache_write: 188_086,
        output: 393,
        reasoning: 0,
    };
    assert_eq!(counted(real).await, Some(expected));
    let by_lifetime = json!({ "input_tokens": "3", "cache_read_input_tokens": null, "output_tokens": 4.0,
        "cache_creation": { "ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 6 } });
    let expected = Usage {
        input: 3,
        cache_write: 11,
        output: 4,
        ..Usage::default()
    };
    assert_eq!(counted(by_lifetime).await, Some(expected));
    let uncounted = events(&[
        json!({ "type": "message_start" }),
        delta(0, &json!({ "type": "text_delta", "text": "x" })),
        json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" } }),
        json!({ "type": "message_stop" }),
    ]);
    let (answer, _) = answered(uncounted).await;
    assert_eq!((answer.usage, answer.model.as_str()), (None, "claude-test"));
}

#[tokio::test]
async fn null_missing_and_unknown_things_are_taken_as_nothing() {
    let answer = ScriptedAnswer::sse(&[json!({}), json!(null), json!([1]), json!({ "type": "invented" })])
        .then(": a comment\n\nevent: ping\ndata:\n\n")
        .then(&event(&json!({ "type": "message_start", "message": null })))
        .then(&event(
            &json!({ "type": "content_block_start", "index": null, "content_block": null }),
        ))
        .then(&event(&delta(
            0,
            &json!({ "type": "citations_delta", "citation": {} }),
        )))
        .then(&event(&delta(1, &json!(null))))
        .then(&event(&delta(2, &json!({ "type": "text_delta", "text": null }))))
        .then(&event(&delta(2, &json!({ "type": "text_delta", "text": "hi" }))))
        .then(&event(&delta(
            2,
            &json!({ "type": "signature_delta", "signature": "astray" }),
        )))
        .then(&event(
            &json!({ "type": "message_delta", "delta": { "stop_reason": "pause_turn" } }),
        ))
        .then("data: [DONE]\n\n");
    let (answer, pieces) = answered(answer).await;
    assert_eq!(
        (answer.content.as_str(), pieces.as_slice()),
        ("hi", &["hi".to_owned()][..])
    );
    assert_eq!(
        (answer.finish, answer.usage, answer.thinking),
        (FinishReason::Other, None, None)
    );
}

#[tokio::test]
async fn an_answer_that_is_not_streamed_is_an_answer() {
    let whole = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
        "content": [{ "type": "text", "text": "Hello" }, tool_use("clock", &json!({}))],
        "stop_reason": "tool_use", "usage": { "input_tokens": 3, "output_tokens": 2 },
    });
    let (answer, pieces) = answered(ScriptedAnswer::json(200, &whole)).await;
    assert_eq!(pieces, ["Hello"]);
    assert_eq!(
        (answer.content.as_str(), answer.model.as_str()),
        ("Hello", "claude-x")
    );
    assert_eq!(answer.tool_calls, [call("toolu_clock", "clock", "{}")]);
    assert_eq!(
        answer.usage.map(|usage| (usage.input, usage.output)),
        Some((3, 2))
    );
    assert_eq!(answer.finish, FinishReason::ToolCalls);
}

#[tokio::test]
async fn stop_reasons_have_one_meaning() {
    for (reason, meaning) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("tool_use", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("refusal", FinishReason::ContentFilter),
        ("pause_turn", FinishReason::Other),
        ("invented", FinishReason::Other),
    ] {
        let (answer, _) = answered(message(&[json!({ "type": "text", "text": "x" })], reason, 1, 1)).await;
        assert_eq!(answer.finish, meaning, "{reason}");
    }
}
