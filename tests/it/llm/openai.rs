//! Answers of OpenAI-compatible servers, as they should be and as they are.

use std::time::Duration;

use agent_orchestrator::llm::{
    ChatModel, ProviderSettings,
    chat::{ChatMessage, FinishReason, ToolRequest, Usage},
    openai::OpenAiModel,
    prices::PriceBook,
};
use serde_json::{Value, json};

use super::{
    ask, request,
    scripted_server::{ScriptedAnswer, ScriptedServer, usage},
    user,
};

pub(crate) const KEY: &str = "sk-test-0123456789abcdef";

pub(crate) fn settings(server: &ScriptedServer) -> ProviderSettings {
    ProviderSettings {
        base_url: server.base_url(),
        api_key: Some(KEY.into()),
        request_timeout: Duration::from_secs(20),
        stall_timeout: Duration::from_secs(10),
    }
}

pub(crate) fn model(server: &ScriptedServer) -> OpenAiModel {
    OpenAiModel::new(settings(server)).unwrap()
}

/// The answer to one question, and what was streamed of it.
async fn answered(answer: ScriptedAnswer) -> (agent_orchestrator::llm::chat::ChatAnswer, Vec<String>) {
    let server = ScriptedServer::start(vec![answer]).await;
    let (answer, pieces) = ask(
        &model(&server),
        &request("gpt-test", vec![user("hi")], &["clock"]),
    )
    .await;
    (answer.unwrap(), pieces)
}

fn delta(delta: &Value) -> Value {
    json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] })
}

fn finish(reason: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

fn call(id: &str, name: &str, arguments: &str) -> ToolRequest {
    ToolRequest {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    }
}

#[tokio::test]
async fn text_is_streamed_and_returned_whole() {
    let (answer, pieces) = answered(ScriptedAnswer::chat("Grüße aus Wien", 12, 5)).await;
    assert_eq!(pieces, ["Grüße ", "aus ", "Wien"]);
    assert_eq!(answer.content, "Grüße aus Wien");
    assert_eq!(answer.finish, FinishReason::Stop);
    assert_eq!(answer.model, "gpt-test");
    assert_eq!(
        answer.usage,
        Some(Usage {
            input: 12,
            output: 5,
            ..Usage::default()
        })
    );
}

#[tokio::test]
async fn the_request_is_what_the_format_wants() {
    let server = ScriptedServer::start(vec![ScriptedAnswer::chat("ok", 1, 1)]).await;
    let messages = vec![
        ChatMessage::System {
            content: "Be brief.".to_owned(),
        },
        user("What time is it?"),
        ChatMessage::Assistant {
            content: String::new(),
            tool_calls: vec![call("c1", "clock", "")],
            thinking: None,
        },
        ChatMessage::Tool {
            tool_call_id: "c1".to_owned(),
            name: "clock".to_owned(),
            content: "noon".to_owned(),
        },
    ];
    let mut sent = request("gpt-test", messages, &["clock"]);
    sent.temperature = Some(0.7);
    ask(&model(&server), &sent).await.0.unwrap();
    let received = server.received(1).await.remove(0);
    assert_eq!(received.path, "/v1/chat/completions");
    assert_eq!(received.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(
        received.body,
        json!({
            "model": "gpt-test",
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "What time is it?" },
                { "role": "assistant", "content": null, "tool_calls": [
                    { "id": "c1", "type": "function", "function": { "name": "clock", "arguments": "{}" } }
                ] },
                { "role": "tool", "tool_call_id": "c1", "content": "noon" },
            ],
            "tools": [{ "type": "function", "function": {
                "name": "clock", "description": "The tool clock.", "parameters": { "type": "object" } } }],
            "max_tokens": 2048,
            "temperature": 0.7,
            "stream": true,
            "stream_options": { "include_usage": true },
        })
    );
}

#[tokio::test]
async fn no_key_sends_no_credentials() {
    let server = ScriptedServer::start(vec![ScriptedAnswer::chat("ok", 1, 1)]).await;
    let model = OpenAiModel::new(ProviderSettings {
        api_key: None,
        ..settings(&server)
    })
    .unwrap();
    ask(&model, &request("m", vec![user("hi")], &[])).await.0.unwrap();
    let received = server.requests().remove(0);
    assert!(!received.headers.contains_key("authorization"));
    assert_eq!(
        received.body.get("tools"),
        None,
        "an empty list of tools is refused by some servers"
    );
}

#[tokio::test]
async fn tool_calls_split_over_chunks_come_together() {
    let part = |index: u64, more: Value| {
        let mut call = json!({ "index": index });
        call.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        delta(&json!({ "tool_calls": [call] }))
    };
    let (answer, _) = answered(
        ScriptedAnswer::sse(&[
            delta(&json!({ "role": "assistant", "content": null })),
            part(
                0,
                json!({ "id": "a", "function": { "name": "add", "arguments": "" } }),
            ),
            part(
                1,
                json!({ "id": "b", "type": null, "function": { "name": "clock", "arguments": null } }),
            ),
            part(0, json!({ "function": { "arguments": "{\"x\"" } })),
            part(
                0,
                json!({ "type": "function", "id": "a", "function": { "name": "add", "arguments": ": 1}" } }),
            ),
            finish("tool_calls"),
            usage(9, 9),
        ])
        .done(),
    )
    .await;
    assert_eq!(answer.finish, FinishReason::ToolCalls);
    assert_eq!(
        answer.tool_calls,
        [call("a", "add", "{\"x\": 1}"), call("b", "clock", "{}")]
    );
}

#[tokio::test]
async fn calls_without_index_or_id_are_told_apart() {
    let calls = json!([
        { "function": { "name": "add", "arguments": "{\"x\":1}" } },
        { "function": { "name": "add", "arguments": { "x": 2 } } },
        { "index": 0, "id": "g", "function": { "name": "mul", "arguments": "{}" } },
        { "index": 0, "id": "h", "function": { "name": "mul", "arguments": "{}" } },
        { "id": "h", "function": { "name": "div" } },
    ]);
    let (answer, _) = answered(ScriptedAnswer::sse(&[
        delta(&json!({ "tool_calls": calls })),
        finish("stop"),
    ]))
    .await;
    let names: Vec<&str> = answer.tool_calls.iter().map(|call| call.name.as_str()).collect();
    let arguments: Vec<&str> = answer
        .tool_calls
        .iter()
        .map(|call| call.arguments.as_str())
        .collect();
    assert_eq!(names, ["add", "add", "mul", "mul"]);
    assert_eq!(arguments, ["{\"x\":1}", "{\"x\":2}", "{}", "{}"]);
    assert_eq!(
        answer.finish,
        FinishReason::ToolCalls,
        "whatever the server called it"
    );
    let mut ids: Vec<&str> = answer.tool_calls.iter().map(|call| call.id.as_str()).collect();
    assert!(ids.iter().all(|id| !id.is_empty()));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn usage_comes_apart_into_what_is_billed() {
    let counted = |usage: Value| async move {
        let chunks = [
            delta(&json!({ "content": "x" })),
            finish("stop"),
            json!({ "choices": [], "usage": usage }),
        ];
        answered(ScriptedAnswer::sse(&chunks).done()).await.0.usage
    };
    let inclusive = counted(json!({
        "prompt_tokens": 1000, "completion_tokens": 300, "total_tokens": 1300,
        "prompt_tokens_details": { "cached_tokens": 600, "audio_tokens": null },
        "completion_tokens_details": { "reasoning_tokens": 200 },
    }))
    .await
    .unwrap();
    assert_eq!(
        inclusive,
        Usage {
            input: 400,
            cache_read: 600,
            cache_write: 0,
            output: 100,
            reasoning: 200
        }
    );
    // 400 × 2.50 + 600 × 1.25 + 300 × 10 USD per million tokens.
    let cost = PriceBook::builtin().unwrap().cost("openai", "gpt-4o", &inclusive);
    assert_eq!(cost, Some(1_000_000 + 750_000 + 3_000_000));

    let beside = counted(json!({
        "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115,
        "completion_tokens_details": { "reasoning_tokens": 100 },
    }));
    assert_eq!(
        beside.await,
        Some(Usage {
            input: 10,
            output: 5,
            reasoning: 100,
            ..Usage::default()
        })
    );

    let nonsense = counted(json!({
        "prompt_tokens": "10", "completion_tokens": 4.0,
        "prompt_tokens_details": { "cached_tokens": 99 }, "completion_tokens_details": null,
    }));
    assert_eq!(
        nonsense.await,
        Some(Usage {
            cache_read: 10,
            output: 4,
            ..Usage::default()
        })
    );
    for empty in [
        json!({}),
        json!(null),
        json!({ "prompt_tokens": null }),
        json!({ "prompt_tokens": 0 }),
    ] {
        assert_eq!(counted(empty.clone()).await, None, "{empty}");
    }
}

#[tokio::test]
async fn null_and_missing_fields_are_taken_as_nothing() {
    let (answer, pieces) = answered(
        ScriptedAnswer::sse(&[
            json!({}),
            json!({ "id": null, "choices": null, "usage": null, "model": null }),
            json!({ "choices": [] }),
            json!({ "choices": [{ "delta": null }] }),
            json!({ "choices": [{ "delta": { "content": null, "tool_calls": null, "refusal": null } }] }),
            json!({ "choices": [{ "index": 1, "delta": { "content": "another choice" } }] }),
            json!({ "model": "gpt-real", "choices": [{ "delta": { "content": [{ "type": "text", "text": "hi" }] } }] }),
            json!({ "choices": [{ "delta": { "content": "" }, "finish_reason": "" }] }),
            finish("weird"),
        ])
        .then(": a comment\n\ndata:\n\nevent: ping\n\n"),
    )
    .await;
    assert_eq!(
        (answer.content.as_str(), pieces.as_slice()),
        ("hi", &["hi".to_owned()][..])
    );
    assert_eq!(answer.model, "gpt-real");
    assert_eq!((answer.finish, answer.usage), (FinishReason::Other, None));
}

#[tokio::test]
async fn an_answer_that_is_not_streamed_is_an_answer() {
    let (answer, pieces) = answered(ScriptedAnswer::json(
        200,
        &json!({
            "model": "llama",
            "choices": [{ "message": { "content": "Hello", "tool_calls": [
                { "id": "t", "type": "function", "function": { "name": "clock", "arguments": "" } } ] },
                "finish_reason": "tool_calls" }],
            "usage": { "prompt_tokens": 3, "completion_tokens": 2 },
        }),
    ))
    .await;
    assert_eq!(pieces, ["Hello"]);
    assert_eq!(
        (answer.content.as_str(), answer.model.as_str()),
        ("Hello", "llama")
    );
    assert_eq!(answer.tool_calls, [call("t", "clock", "{}")]);
    assert_eq!(
        answer.usage,
        Some(Usage {
            input: 3,
            output: 2,
            ..Usage::default()
        })
    );
}

#[tokio::test]
async fn the_end_is_found_with_and_without_its_mark() {
    let text = delta(&json!({ "content": "whole" }));
    let unmarked = ScriptedAnswer::sse(&[text.clone(), finish("stop"), usage(2, 1)]);
    let cut_behind = ScriptedAnswer::sse(&[text.clone(), finish("stop"), usage(2, 1)])
        .pause(Duration::from_millis(50))
        .cut();
    let unfinished = ScriptedAnswer::sse(&[text, usage(2, 1)]).done().hang();
    for ending in [unmarked, cut_behind, unfinished] {
        let (answer, _) = answered(ending).await;
        assert_eq!(
            (answer.content.as_str(), answer.finish),
            ("whole", FinishReason::Stop)
        );
        assert_eq!(answer.usage.unwrap().output, 1);
    }
}

#[tokio::test]
async fn finish_reasons_have_one_meaning() {
    for (reason, meaning) in [
        ("length", FinishReason::Length),
        ("max_tokens", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("eos", FinishReason::Stop),
        ("tool_calls", FinishReason::Stop),
    ] {
        let chunks = [delta(&json!({ "content": "text" })), finish(reason)];
        assert_eq!(
            answered(ScriptedAnswer::sse(&chunks).done()).await.0.finish,
            meaning,
            "{reason}"
        );
    }
    let refusal = [delta(&json!({ "refusal": "I will not." })), finish("stop")];
    let (answer, _) = answered(ScriptedAnswer::sse(&refusal).done()).await;
    assert_eq!(
        (answer.content.as_str(), answer.finish),
        ("I will not.", FinishReason::ContentFilter)
    );
}

#[tokio::test]
async fn characters_split_between_packets_stay_whole() {
    let event = format!("data: {}\r\n\r\n", delta(&json!({ "content": "für 日本 🦀" })));
    let middle = event.find("日").unwrap();
    let (head, tail) = event.split_at(middle);
    let answer = ScriptedAnswer::sse(&[])
        .then(head)
        .pause(Duration::from_millis(20))
        .then(tail)
        .then("data: [DONE]\r\n\r\n");
    assert_eq!(answered(answer).await.0.content, "für 日本 🦀");
}

#[tokio::test]
async fn a_provider_can_have_a_name_of_its_own() {
    let server = ScriptedServer::start(vec![ScriptedAnswer::text(500, "text/plain", "")]).await;
    let model = OpenAiModel::with_provider_name(settings(&server), "ollama").unwrap();
    assert_eq!(model.provider(), "ollama");
    let error = ask(&model, &request("m", vec![user("hi")], &[]))
        .await
        .0
        .unwrap_err();
    assert!(error.to_string().starts_with("ollama did not answer"), "{error}");
}
