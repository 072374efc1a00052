//! What goes wrong with a server that speaks Anthropic's format, and what it is called.

use agent_orchestrator::llm::{LlmError, ProviderSettings, Retry, anthropic::AnthropicModel};
use serde_json::json;

use super::{
    anthropic::model,
    ask,
    format::{Format, event, events, message_start},
    request,
    scripted_server::{ScriptedAnswer, ScriptedServer},
    user,
};

async fn failure(answer: ScriptedAnswer) -> LlmError {
    let server = ScriptedServer::start(vec![answer]).await;
    ask(&model(&server), &request("m", vec![user("hi")], &[]))
        .await
        .0
        .unwrap_err()
}

/// What an error is called, in a word.
fn kind(error: &LlmError) -> &'static str {
    match error {
        LlmError::Overloaded { .. } => "overloaded",
        LlmError::Unavailable { .. } => "unavailable",
        LlmError::Unauthorized { .. } => "unauthorized",
        LlmError::Rejected { .. } => "rejected",
        LlmError::Malformed { .. } => "malformed",
        LlmError::NotConfigured(_) => "not configured",
    }
}

#[tokio::test]
async fn errors_mean_the_same_with_a_status_in_a_stream_and_in_place_of_an_answer() {
    for (status, word, meaning) in [
        (400, "invalid_request_error", "rejected"),
        (401, "authentication_error", "unauthorized"),
        (402, "billing_error", "unauthorized"),
        (403, "permission_error", "unauthorized"),
        (404, "not_found_error", "rejected"),
        (413, "request_too_large", "rejected"),
        (429, "rate_limit_error", "overloaded"),
        (500, "api_error", "unavailable"),
        (504, "timeout_error", "unavailable"),
        (529, "overloaded_error", "overloaded"),
    ] {
        let body = Format::Anthropic.error(word, "sorry");
        let in_stream = events(&[message_start(1, 1)]).then(&event(&body)).hang();
        for answer in [
            ScriptedAnswer::json(status, &body),
            ScriptedAnswer::json(200, &body),
            in_stream,
        ] {
            let error = failure(answer).await;
            assert_eq!(kind(&error), meaning, "{word}: {error:?}");
            assert!(error.to_string().contains("sorry"), "{error}");
        }
    }
}

#[tokio::test]
async fn an_account_without_money_is_not_asked_again() {
    let text = "Your credit balance is too low to access the Anthropic API.";
    let error = failure(Format::Anthropic.refusal(400, "invalid_request_error", text)).await;
    assert_eq!((kind(&error), error.retry()), ("unauthorized", Retry::Never));
}

#[tokio::test]
async fn what_is_no_answer_is_malformed() {
    let nameless = json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "tool_use", "id": "x" } });
    let stop = json!({ "type": "message_stop" });
    for answer in [
        ScriptedAnswer::text(200, "application/json", "{\"content\": [{\"te"),
        ScriptedAnswer::json(200, &json!({ "hello": "world" })),
        events(&[message_start(1, 1)])
            .then("event: content_block_delta\ndata: {\"type\": \"conte\n\n")
            .hang(),
        events(&[message_start(1, 1), nameless, stop]),
    ] {
        let error = failure(answer.clone()).await;
        assert_eq!(kind(&error), "malformed", "{answer:?}: {error:?}");
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_told() {
    let server = ScriptedServer::start(Vec::new()).await;
    for base_url in ["", "not a url", "ftp://example.com"] {
        let refused = AnthropicModel::new(ProviderSettings {
            base_url: base_url.to_owned(),
            ..Format::Anthropic.settings(&server)
        });
        assert!(matches!(refused, Err(LlmError::NotConfigured(_))), "{base_url}");
    }
    let refused = AnthropicModel::new(ProviderSettings {
        api_key: Some("bad\nkey".into()),
        ..Format::Anthropic.settings(&server)
    });
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("anthropic") && !error.contains("bad"), "{error}");
}
