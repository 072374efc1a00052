//! Answers in Anthropic's format, as they should be and as gateways make them.

use agent_orchestrator::llm::{
    ProviderSettings,
    anthropic::AnthropicModel,
    chat::{ChatAnswer, ChatMessage, ChatRequest, FinishReason, Thinking, ToolRequest, Usage},
    tokens::estimate_request,
};
use serde_json::{Value, json};

use super::{
    ask,
    format::{Format, KEY, delta, event, events, message, message_start, tool_use},
    request,
    scripted_server::{ScriptedAnswer, ScriptedServer},
    user,
};

pub(crate) fn model(server: &ScriptedServer) -> AnthropicModel {
    AnthropicModel::new(Format::Anthropic.settings(server)).unwrap()
}

/// The answer to one question, and what was streamed of it.
async fn answered(answer: ScriptedAnswer) -> (ChatAnswer, Vec<String>) {
    let server = ScriptedServer::start(vec![answer]).await;
    let request = request("claude-test", vec![user("hi")], &["clock"]);
    let (answer, pieces) = ask(&model(&server), &request).await;
    (answer.unwrap(), pieces)
}

/// What is sent for a request.
async fn sent(request: &ChatRequest) -> Value {
    let server = ScriptedServer::start(vec![Format::Anthropic.says("ok", 1, 1)]).await;
    ask(&model(&server), request).await.0.unwrap();
    server.requests().remove(0).body
}

fn call(id: &str, name: &str, arguments: &str) -> ToolRequest {
    ToolRequest {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    }
}

fn assistant(content: &str, tool_calls: Vec<ToolRequest>, thinking: Option<Thinking>) -> ChatMessage {
    ChatMessage::Assistant {
        content: content.to_owned(),
        tool_calls,
        thinking,
    }
}

fn result(id: &str, content: &str) -> ChatMessage {
    ChatMessage::Tool {
        tool_call_id: id.to_owned(),
        name: "clock".to_owned(),
        content: content.to_owned(),
    }
}

fn system(content: &str) -> ChatMessage {
    ChatMessage::System {
        content: content.to_owned(),
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
async fn the_request_is_what_the_format_wants() {
    let server = ScriptedServer::start(vec![Format::Anthropic.says("ok", 1, 1)]).await;
    let messages = vec![
        system("Be brief."),
        user("What time is it?"),
        assistant(
            "Let me see.",
            vec![call("c1", "clock", ""), call("c2", "clock", "{\"zone\":\"UTC\"}")],
            None,
        ),
        result("c1", "noon"),
        result("c2", " "),
        user("Hurry up."),
        system("Be kind."),
    ];
    let mut request = request("claude-test", messages, &["clock"]);
    request.temperature = Some(1.5);
    ask(&model(&server), &request).await.0.unwrap();
    let received = server.received(1).await.remove(0);
    assert_eq!(received.path, "/v1/messages");
    assert_eq!(received.headers["x-api-key"], KEY);
    assert_eq!(received.headers["anthropic-version"], "2023-06-01");
    assert!(!received.headers.contains_key("authorization"));
    assert_eq!(
        received.body,
        json!({
            "model": "claude-test",
            "max_tokens": 2048,
            "system": "Be brief.\n\nBe kind.",
            "messages": [
                { "role": "user", "content": [{ "type": "text", "text": "What time is it?" }] },
                { "role": "assistant", "content": [
                    { "type": "text", "text": "Let me see." },
                    { "type": "tool_use", "id": "c1", "name": "clock", "input": {} },
                    { "type": "tool_use", "id": "c2", "name": "clock", "input": { "zone": "UTC" } },
                ] },
                { "role": "user", "content": [
                    { "type": "tool_result", "tool_use_id": "c1", "content": "noon" },
                    { "type": "tool_result", "tool_use_id": "c2" },
                    { "type": "text", "text": "Hurry up." },
                ] },
            ],
            "tools": [{ "name": "clock", "description": "The tool clock.", "input_schema": { "type": "object" } }],
            "temperature": 1.0,
            "stream": true,
        })
    );
}

#[tokio::test]
async fn the_address_may_end_with_its_version_and_need_no_key() {
    for base_url in ["/v1", "/v1/", "", "/"] {
        let server = ScriptedServer::start(vec![Format::Anthropic.says("ok", 1, 1)]).await;
        let settings = ProviderSettings {
            base_url: format!("{}{base_url}", server.origin()),
            api_key: None,
            ..Format::Anthropic.settings(&server)
        };
        let model = AnthropicModel::new(settings).unwrap();
        ask(&model, &request("m", vec![user("hi")], &[])).await.0.unwrap();
        let received = server.requests().remove(0);
        assert_eq!(received.path, "/v1/messages", "{base_url}");
        assert!(!received.headers.contains_key("x-api-key"));
        for absent in ["tools", "tool_choice", "system", "temperature"] {
            assert_eq!(received.body.get(absent), None);
        }
    }
}

#[tokio::test]
async fn what_other_providers_let_pass_is_made_fit() {
    let arguments = ["[1]", "{\"cut\": ", "{\"x\": 1}"];
    let calls = arguments.iter().zip(["functions.clock:0", "b", "c"]);
    let calls: Vec<ToolRequest> = calls
        .map(|(arguments, id)| call(id, "clock", arguments))
        .collect();
    let mut messages = vec![user("hi"), user(" "), assistant(" ", calls.clone(), None)];
    messages.extend(calls.iter().map(|call| result(&call.id, "noon")));
    let mut request = request("m", messages, &["clock"]);
    request.tools[0].parameters = json!({ "properties": { "zone": { "type": "string" } } });
    let body = sent(&request).await;
    assert_eq!(body["tools"][0]["input_schema"]["type"], "object");
    assert_eq!(
        body["tools"][0]["input_schema"]["properties"],
        request.tools[0].parameters["properties"]
    );
    let turns = body["messages"].as_array().unwrap();
    assert_eq!(
        turns[0]["content"].as_array().unwrap().len(),
        1,
        "an empty text is refused"
    );
    let [asked, results] = &turns[1..] else {
        panic!("{turns:#?}")
    };
    let inputs: Vec<&Value> = asked["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| &block["input"])
        .collect();
    assert_eq!(
        inputs,
        [
            &json!({ "unreadable_arguments": "[1]" }),
            &json!({ "unreadable_arguments": "{\"cut\": " }),
            &json!({ "x": 1 })
        ]
    );
    let id = asked["content"][0]["id"].as_str().unwrap();
    assert!(
        id.chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'),
        "{id}"
    );
    assert_eq!(results["content"][0]["tool_use_id"], id);
}

#[tokio::test]
async fn tools_that_were_used_stay_described_when_none_are_offered() {
    let messages = vec![
        user("hi"),
        assistant("", vec![call("a", "clock", "{}")], None),
        result("a", "noon"),
    ];
    let body = sent(&request("m", messages, &[])).await;
    assert_eq!(body["tool_choice"], json!({ "type": "none" }));
    assert_eq!(body["tools"].as_array().unwrap().len(), 1);
    assert_eq!(body["tools"][0]["name"], "clock");
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
        delta(2, json!({ "type": "input_json_delta", "partial_json": null })),
        delta(3, json!({ "type": "text_delta", "text": "without an opening" })),
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
async fn thoughts_go_back_as_they_came() {
    let blocks = [
        json!({ "type": "thinking", "thinking": "Noon?", "signature": "sig+/=" }),
        json!({ "type": "redacted_thinking", "data": "opaque" }),
        json!({ "type": "text", "text": "Let me see." }),
        json!({ "type": "thinking", "thinking": "Hm.", "signature": "second" }),
        tool_use("clock", &json!({ "zone": "UTC" })),
    ];
    let (answer, pieces) = answered(message(&blocks, "tool_use", 9, 9)).await;
    assert_eq!(pieces.concat(), "Let me see.", "thoughts are for nobody's eyes");
    let stored = serde_json::to_string(&answer).unwrap();
    let answer: ChatAnswer = serde_json::from_str(&stored).unwrap();
    let conversation = |calls: Vec<ToolRequest>, thinking: Option<Thinking>| {
        let messages = vec![
            user("hi"),
            assistant(&answer.content, calls, thinking),
            result("toolu_clock", "noon"),
        ];
        request("m", messages, &["clock"])
    };
    let thoughtful = conversation(answer.tool_calls.clone(), answer.thinking.clone());
    let body = sent(&thoughtful).await;
    assert_eq!(body["messages"][1]["content"], json!(blocks));
    assert_eq!(body["messages"][2]["content"][0]["tool_use_id"], "toolu_clock");
    let thoughtless = conversation(answer.tool_calls.clone(), None);
    assert!(estimate_request(&thoughtful) > estimate_request(&thoughtless));
    assert!(
        !serde_json::to_string(&thoughtless).unwrap().contains("thinking"),
        "old hashes hold"
    );

    // Thoughts beside other calls, or of another provider, would be refused.
    let plain = json!([blocks[2], blocks[4]]);
    let foreign = answer.thinking.clone().map(|thinking| Thinking {
        provider: "other".to_owned(),
        ..thinking
    });
    let body = sent(&conversation(answer.tool_calls.clone(), foreign)).await;
    assert_eq!(body["messages"][1]["content"], plain);
    let mut other = answer.tool_calls.clone();
    other[0].id = "toolu_2".to_owned();
    let body = sent(&conversation(other, answer.thinking)).await;
    assert_eq!(body["messages"][1]["content"][1]["id"], "toolu_2");
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
        delta(0, json!({ "type": "text_delta", "text": "x" })),
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
            json!({ "type": "citations_delta", "citation": {} }),
        )))
        .then(&event(&delta(1, json!(null))))
        .then(&event(&delta(2, json!({ "type": "text_delta", "text": null }))))
        .then(&event(&delta(2, json!({ "type": "text_delta", "text": "hi" }))))
        .then(&event(&delta(
            2,
            json!({ "type": "signature_delta", "signature": "astray" }),
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
