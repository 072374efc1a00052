//! Requests in Anthropic's format: strict where others are loose.

use agent_orchestrator::llm::{
    ProviderSettings,
    anthropic::AnthropicModel,
    chat::{ChatAnswer, ChatMessage, ChatRequest, Thinking, ToolRequest},
    tokens::estimate_request,
};
use serde_json::{Value, json};

use super::{
    anthropic::{answered, call, model},
    ask,
    format::{Format, KEY, message, tool_use},
    request,
    scripted_server::ScriptedServer,
    user,
};

/// What is sent for a request.
async fn sent(request: &ChatRequest) -> Value {
    let server = ScriptedServer::start(vec![Format::Anthropic.says("ok", 1, 1)]).await;
    ask(&model(&server), request).await.0.unwrap();
    server.requests().remove(0).body
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
