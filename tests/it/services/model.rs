//! A model that is told what to say by what it is asked.

use serde_json::{Value, json};

use crate::llm::scripted_server::{Received, ScriptedAnswer, ScriptedServer};

/// A request for a chat completion, as the model reads it.
pub(super) struct Asked<'a>(pub(super) &'a Value);

impl Asked<'_> {
    fn of_role(&self, role: &str) -> Vec<&Value> {
        let messages = self.0["messages"].as_array().unwrap();
        messages
            .iter()
            .filter(|message| message["role"] == role)
            .collect()
    }

    pub(super) fn system(&self) -> &str {
        self.of_role("system")[0]["content"].as_str().unwrap()
    }

    /// What the agent is told about its step.
    pub(super) fn prompt(&self) -> &str {
        self.of_role("user")[0]["content"].as_str().unwrap()
    }

    /// The agent that asks, by its instructions.
    pub(super) fn is(&self, agent: &str) -> bool {
        let start = self.system().trim_start();
        start.starts_with(&format!("You are a {agent}."))
            || start.starts_with(&format!("You are an {agent}."))
    }

    /// The results of the tools it has called so far.
    pub(super) fn tool_results(&self) -> Vec<&str> {
        self.of_role("tool")
            .iter()
            .map(|message| message["content"].as_str().unwrap())
            .collect()
    }

    /// Names of the tools it may call.
    pub(super) fn tools(&self) -> Vec<&str> {
        let tools = self.0["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
        tools
            .iter()
            .map(|tool| tool["function"]["name"].as_str().unwrap())
            .collect()
    }
}

/// A server whose chat model answers as told, and whose embedding model counts 11 tokens in every text.
pub(super) async fn model(
    answer: impl Fn(&Asked<'_>) -> ScriptedAnswer + Send + Sync + 'static,
) -> ScriptedServer {
    ScriptedServer::answering(move |received| {
        Some(if received.path.ends_with("/embeddings") {
            embeddings(received)
        } else {
            answer(&Asked(&received.body))
        })
    })
    .await
}

/// Everything the chat model was asked so far.
pub(super) fn chats(server: &ScriptedServer) -> Vec<Received> {
    let requests = server.requests().into_iter();
    requests
        .filter(|received| received.path.ends_with("/chat/completions"))
        .collect()
}

/// An answer in words.
pub(super) fn says(text: &str) -> ScriptedAnswer {
    ScriptedAnswer::chat(text, 100, 10)
}

/// An answer in words with usage as the provider writes it.
pub(super) fn says_using(text: &str, usage: &Value) -> ScriptedAnswer {
    ScriptedAnswer::sse(&[
        json!({ "choices": [{ "delta": { "content": text } }] }),
        json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }),
        json!({ "choices": [], "usage": usage }),
    ])
    .done()
}

/// A wish for a tool with usage as the provider writes it, its arguments in pieces of three characters.
pub(super) fn calls_using(tool: &str, arguments: &Value, usage: &Value) -> ScriptedAnswer {
    let call = |function: Value| json!({ "choices": [{ "delta": { "tool_calls": [{ "index": 0, "function": function }] } }] });
    let mut first = call(json!({ "name": tool, "arguments": "" }));
    first["choices"][0]["delta"]["tool_calls"][0]["id"] = json!("call_4711");
    let text: Vec<char> = arguments.to_string().chars().collect();
    let mut chunks = vec![first];
    chunks.extend(
        text.chunks(3)
            .map(|piece| call(json!({ "arguments": piece.iter().collect::<String>() }))),
    );
    chunks.push(json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] }));
    chunks.push(json!({ "choices": [], "usage": usage }));
    ScriptedAnswer::sse(&chunks).done()
}

/// A wish for a tool.
pub(super) fn calls(tool: &str, arguments: &Value) -> ScriptedAnswer {
    ScriptedAnswer::tool_call(tool, arguments)
}

/// Usage as OpenAI writes it: cached tokens are among the prompt's, reasoning ones among the completion's.
pub(super) fn usage(prompt: u64, cached: u64, completion: u64, reasoning: u64) -> Value {
    json!({
        "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
        "prompt_tokens_details": { "cached_tokens": cached },
        "completion_tokens_details": { "reasoning_tokens": reasoning },
    })
}

/// One vector per text, made of its first letters.
fn embeddings(received: &Received) -> ScriptedAnswer {
    let texts = received.body["input"].as_array().unwrap();
    let vector = |text: &Value| -> Vec<f64> {
        let letters = text.as_str().unwrap().bytes().chain([1; 8]).take(8);
        letters.map(f64::from).collect()
    };
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| json!({ "index": index, "embedding": vector(text) }))
        .collect();
    let tokens = texts.len() * 11;
    let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
    ScriptedAnswer::json(200, &json!({ "data": data, "usage": usage }))
}
