//! A server on the network, over streamable HTTP.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_orchestrator::tools::{
    ToolError,
    mcp::{self, McpServer, Reach},
    registry::ToolRegistry,
};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{TOKEN, approved, called, offered, registry_of};

type Seen = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

/// A server that answers every call with `answer`.
async fn serve(answer: Value) -> (String, Seen) {
    let seen = Seen::default();
    let app = Router::new()
        .route("/mcp", post(handle))
        .with_state((seen.clone(), answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, seen)
}

async fn handle(
    State((seen, answer)): State<(Seen, Value)>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Response {
    seen.lock().unwrap().push((headers, asked.clone()));
    let result = match asked["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion": "2025-06-18", "capabilities": { "tools": {} }, "serverInfo": { "name": "web", "version": "1" },
        }),
        "tools/list" => json!({ "tools": offered() }),
        "tools/call" => match &answer {
            Value::Number(status) => {
                let status = u16::try_from(status.as_u64().unwrap()).unwrap();
                let elsewhere = [(header::LOCATION, "http://127.0.0.1:1/mcp")];
                return (StatusCode::from_u16(status).unwrap(), elsewhere, TOKEN).into_response();
            }
            answer => answer.clone(),
        },
        _ => return StatusCode::ACCEPTED.into_response(),
    };
    Json(json!({ "jsonrpc": "2.0", "id": asked["id"], "result": result })).into_response()
}

fn tools(url: &str) -> ToolRegistry {
    let server = McpServer {
        name: "shell".to_owned(),
        reach: Reach::Http {
            url: url.to_owned(),
            headers: vec![(
                "Authorization".to_owned(),
                SecretString::from(format!("Bearer {TOKEN}")),
            )],
        },
        timeout: Duration::from_secs(10),
        secrets: vec![SecretString::from(TOKEN)],
    };
    registry_of(mcp::tools(server, approved(&offered())))
}

#[tokio::test]
async fn a_call_is_answered_and_carries_the_headers() {
    let said = json!({ "content": [
        { "type": "text", "text": format!("one {TOKEN}") }, { "type": "image", "data": "AAAA", "mimeType": "image/png" },
    ] });
    let (url, seen) = serve(said).await;
    assert_eq!(
        called(&tools(&url), "hello").await.unwrap(),
        "one ***\n\n[an image, image/png]"
    );
    let seen = seen.lock().unwrap();
    assert!(
        seen.iter()
            .all(|(headers, _)| headers["authorization"] == format!("Bearer {TOKEN}"))
    );
    let (_, asked) = seen
        .iter()
        .find(|(_, asked)| asked["method"] == "tools/call")
        .unwrap();
    assert_eq!(asked["params"]["_meta"]["idempotencyKey"], "step/1");
}

#[tokio::test]
async fn structured_content_is_told_where_there_is_no_text() {
    let (url, _) = serve(json!({ "content": [], "structuredContent": { "sum": 7 } })).await;
    assert_eq!(called(&tools(&url), "hello").await.unwrap(), r#"{"sum":7}"#);
}

#[tokio::test]
async fn a_status_that_is_no_answer_leaves_the_call_open_and_tells_no_secret() {
    for status in [302, 401, 500, 503] {
        let (url, seen) = serve(json!(status)).await;
        let failed = called(&tools(&url), "hello").await;
        match &failed {
            Err(error @ (ToolError::Unanswered(message) | ToolError::Failed(message))) => {
                assert!(error.is_open() || status < 500, "{status}: {failed:?}");
                assert!(!message.contains(TOKEN), "{message}");
            }
            other => panic!("{status}: {other:?}"),
        }
        let calls = |seen: &Seen| {
            seen.lock()
                .unwrap()
                .iter()
                .filter(|(_, asked)| asked["method"] == "tools/call")
                .count()
        };
        assert_eq!(calls(&seen), 1, "{status}: sent again");
    }
}

#[tokio::test]
async fn nobody_there_is_said_in_words() {
    let failed = called(&tools("http://127.0.0.1:1/mcp"), "hello").await;
    match failed {
        Err(ToolError::Failed(message)) => assert!(message.contains("the MCP server shell"), "{message}"),
        other => panic!("{other:?}"),
    }
}
