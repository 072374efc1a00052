//! Tools called over HTTP: what is sent, what each answer means, and what is never done.

use std::{sync::Arc, time::Duration};

use agent_orchestrator::tools::{
    ToolDefinition, ToolError,
    http::{HttpTool, HttpToolError, HttpToolSettings},
    registry::{MAX_OUTPUT_BYTES, ToolRegistry},
};
use entity::enums::ToolEffect;
use secrecy::SecretString;
use serde_json::json;
use tokio::{io::AsyncReadExt, net::TcpListener};

use super::host_double::{HostDouble, call, registry_of};
use crate::llm::scripted_server::{ScriptedAnswer, ScriptedServer};

const TOKEN: &str = "token-0123456789";
const EFFECTS: [ToolEffect; 3] = [ToolEffect::Pure, ToolEffect::Idempotent, ToolEffect::AtMostOnce];

fn settings(url: &str, effect: ToolEffect) -> HttpToolSettings {
    HttpToolSettings {
        definition: ToolDefinition {
            name: "crm".to_owned(),
            description: "Looks customers up.".to_owned(),
            parameters: json!({
                "type": "object", "properties": { "name": { "type": "string" } }, "additionalProperties": false,
            }),
            effect,
            timeout: Duration::from_secs(20),
        },
        url: url.to_owned(),
        headers: vec![
            (
                "Authorization".to_owned(),
                SecretString::from(format!("Bearer {TOKEN}")),
            ),
            ("X-Team".to_owned(), SecretString::from("sales")),
        ],
        secrets: vec![SecretString::from(TOKEN)],
    }
}

fn tool(url: &str, effect: ToolEffect) -> ToolRegistry {
    registry_of([Arc::new(HttpTool::new(settings(url, effect)).unwrap()) as _])
}

async fn called(registry: &ToolRegistry) -> Result<String, ToolError> {
    let output = call(registry, &HostDouble::default(), "crm", r#"{"name":"Berg"}"#).await;
    output.map(|output| output.text)
}

fn ok(text: &str) -> ScriptedAnswer {
    ScriptedAnswer::text(200, "text/plain", text)
}

#[tokio::test]
async fn the_arguments_go_out_under_the_key_and_the_answer_is_the_result() {
    for answer in [
        "Berg, since 2019",
        r#"{"customer":"Berg","open":[1,2]}"#,
        "<p>ä\u{0}b</p>",
    ] {
        let server = ScriptedServer::always(ok(answer)).await;
        let url = format!("{}/crm?list=all", server.base_url());
        let text = called(&tool(&url, ToolEffect::AtMostOnce)).await.unwrap();
        assert_eq!(text, answer.replace('\0', ""));
        let [asked] = &server.requests()[..] else {
            panic!("one request")
        };
        assert_eq!(asked.path, "/v1/crm");
        let nil = "0".repeat(32);
        let body = json!({
            "arguments": { "name": "Berg" }, "taskId": format!("task_{nil}"), "stepId": format!("step_{nil}"),
        });
        assert_eq!(asked.body, body);
        assert_eq!(asked.headers["idempotency-key"], "step/1");
        assert_eq!(asked.headers["content-type"], "application/json");
        assert_eq!(
            (&asked.headers["authorization"], &asked.headers["x-team"]),
            (&format!("Bearer {TOKEN}"), &"sales".to_owned())
        );
    }
}

/// The kind of the error, as one word.
fn kind(result: &Result<String, ToolError>) -> &'static str {
    result.as_ref().map_or_else(ToolError::code, |_| "RESULT")
}

#[tokio::test]
async fn each_status_means_the_same_for_every_effect_and_only_harmless_calls_are_sent_again() {
    for (status, meaning) in [
        (200, "RESULT"),
        (201, "RESULT"),
        (204, "RESULT"),
        (302, "TOOL_UNANSWERED"),
        (303, "TOOL_UNANSWERED"),
        (307, "TOOL_FAILED"),
        (308, "TOOL_FAILED"),
        (400, "TOOL_FAILED"),
        (404, "TOOL_FAILED"),
        (409, "TOOL_FAILED"),
        (422, "TOOL_FAILED"),
        (429, "TOOL_FAILED"),
        (500, "TOOL_UNANSWERED"),
        (502, "TOOL_UNANSWERED"),
        (503, "TOOL_UNANSWERED"),
    ] {
        for effect in EFFECTS {
            let other = ScriptedServer::always(ok("elsewhere")).await;
            let body = if status == 204 { "" } else { "no such customer" };
            let answer =
                ScriptedAnswer::text(status, "text/plain", body).header("location", &other.base_url());
            let server = ScriptedServer::always(answer).await;
            let result = called(&tool(&server.base_url(), effect)).await;
            assert_eq!(kind(&result), meaning, "{status} {effect:?}: {result:?}");
            let repeated = meaning == "TOOL_UNANSWERED" && effect != ToolEffect::AtMostOnce;
            assert_eq!(
                server.requests().len(),
                if repeated { 3 } else { 1 },
                "{status} {effect:?}"
            );
            assert!(other.requests().is_empty(), "a redirect was followed");
            if (400..500).contains(&status) {
                let message = result.unwrap_err().to_string();
                assert!(message.contains("no such customer"), "{message}");
            } else if status == 204 {
                assert!(result.unwrap().contains("succeeded"));
            }
        }
    }
}

#[tokio::test]
async fn a_repeated_call_has_the_same_key_and_may_succeed() {
    let broken = || ScriptedAnswer::text(503, "text/plain", "busy");
    let server = ScriptedServer::start(vec![broken(), ok("Ber").cut(), ok("Berg")]).await;
    let result = called(&tool(&server.base_url(), ToolEffect::Idempotent)).await;
    assert_eq!(result.unwrap(), "Berg");
    let keys: Vec<String> = server
        .requests()
        .iter()
        .map(|asked| asked.headers["idempotency-key"].clone())
        .collect();
    assert_eq!(keys, ["step/1"; 3]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    for effect in EFFECTS {
        let server = ScriptedServer::always(ok("half of it").cut()).await;
        let result = called(&tool(&server.base_url(), effect)).await;
        assert_eq!(kind(&result), "TOOL_UNANSWERED", "{result:?}");
    }
    // One that never says anything, and hangs up.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut connections = 0;
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0; 4096]).await;
            connections += 1;
            assert_eq!(connections, 1, "the call was sent twice");
        }
    });
    let result = called(&tool(&url, ToolEffect::AtMostOnce)).await;
    assert_eq!(kind(&result), "TOOL_UNANSWERED", "{result:?}");
    assert!(!server.is_finished());
    server.abort();
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_a_timeout() {
    let server = ScriptedServer::always(ok("").hang()).await;
    let mut settings = settings(&server.base_url(), ToolEffect::AtMostOnce);
    settings.definition.timeout = Duration::from_millis(300);
    let registry = registry_of([Arc::new(HttpTool::new(settings).unwrap()) as _]);
    let error = called(&registry).await.unwrap_err();
    assert!(
        matches!(error, ToolError::TimedOut(_)) && error.is_open(),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_tool_that_cannot_be_reached_has_done_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for url in [refused.as_str(), "http://no-such-host.invalid/"] {
        for effect in EFFECTS {
            let error = called(&tool(url, effect)).await.unwrap_err();
            assert_eq!(
                (error.code(), error.is_open()),
                ("TOOL_FAILED", false),
                "{error:?}"
            );
            assert!(error.to_string().contains("could not be reached"), "{error}");
            assert!(!error.to_string().contains("invalid/"), "{error}");
        }
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_while_it_is_read() {
    let server = ScriptedServer::always(ok("").forever(&"x".repeat(10_000))).await;
    let registry = tool(&server.base_url(), ToolEffect::AtMostOnce);
    let output = call(&registry, &HostDouble::default(), "crm", "{}")
        .await
        .unwrap();
    assert!(output.truncated && output.text.len() < MAX_OUTPUT_BYTES + 100);
}

#[tokio::test]
async fn secrets_that_the_tool_echoes_are_taken_out() {
    for status in [200, 400, 500] {
        let echo = format!("you sent Bearer {TOKEN} for sales");
        let server = ScriptedServer::always(ScriptedAnswer::text(status, "text/plain", echo)).await;
        let said = match called(&tool(&server.base_url(), ToolEffect::AtMostOnce)).await {
            Ok(text) => text,
            Err(error) => error.to_string(),
        };
        assert!(said.contains("you sent Bearer *** for sales"), "{said}");
    }
}

#[test]
fn what_cannot_be_called_is_refused_before_anything_is_sent() {
    let with_header = |name: &str, value: &str| HttpToolSettings {
        headers: vec![(name.to_owned(), SecretString::from(value))],
        ..settings("http://127.0.0.1:1", ToolEffect::Pure)
    };
    let refused = |settings| match HttpTool::new(settings) {
        Ok(_) => panic!("accepted"),
        Err(error) => error,
    };
    let of_url = |url: &str| refused(settings(url, ToolEffect::Pure));
    assert!(matches!(of_url("crm"), HttpToolError::BadUrl(_)));
    assert!(matches!(of_url("ftp://127.0.0.1"), HttpToolError::BadScheme));
    for name in ["", "two words", "naïve", "a:b"] {
        let error = refused(with_header(name, "x"));
        assert!(matches!(error, HttpToolError::BadHeaderName(_)), "{name}");
    }
    for name in ["Idempotency-Key", "content-type", "Host", "Content-Length"] {
        let error = refused(with_header(name, "x"));
        assert!(matches!(error, HttpToolError::ReservedHeader(_)), "{name}");
    }
    for value in ["a\nb", "secret\u{0}"] {
        let error = refused(with_header("X-Key", value));
        assert!(matches!(error, HttpToolError::BadHeaderValue(_)));
        assert!(!error.to_string().contains("secret"));
    }
}
