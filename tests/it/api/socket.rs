//! `graphql-transport-ws`: who may connect, and what a connection can carry.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::Response},
};

use super::asking::{answers, still};
use crate::support::{Stack, TestApp, both_stacks};

const PROTOCOL: &str = "graphql-transport-ws";

type Connected = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Knocks with the protocols offered and the origin named.
async fn knock(
    app: &TestApp,
    protocols: Option<&str>,
    origin: Option<&str>,
) -> Result<(Connected, String), Response<Option<Vec<u8>>>> {
    let mut request = format!("{}/graphql", app.url().replace("http", "ws"))
        .into_client_request()
        .unwrap();
    if let Some(protocols) = protocols {
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocols.parse().unwrap());
    }
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((stream, response)) => Ok((
            stream,
            response.headers()["sec-websocket-protocol"]
                .to_str()
                .unwrap()
                .to_owned(),
        )),
        Err(Error::Http(response)) => Err(*response),
        Err(error) => panic!("{error}"),
    }
}

/// The first close frame's code, or the first text.
async fn reply(stream: &mut Connected) -> Result<u16, String> {
    loop {
        let message = tokio::time::timeout(Duration::from_secs(30), stream.next())
            .await
            .expect("no answer in 30 seconds");
        match message {
            Some(Ok(Message::Close(Some(frame)))) => return Ok(frame.code.into()),
            Some(Ok(Message::Close(None)) | Err(_)) | None => return Ok(0),
            Some(Ok(Message::Text(text))) => return Err(text.to_string()),
            Some(Ok(_)) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_one_protocol_is_spoken() {
    let app = still(Stack::Sqlite).await;
    for offered in [
        None,
        Some("graphql-ws"),
        Some("mqtt"),
        Some("graphql-transport-ws2, soap"),
        Some("GRAPHQL-TRANSPORT-WS"),
    ] {
        let response = knock(&app, offered, None).await.expect_err("connected");
        assert_eq!(response.status(), 400, "{offered:?}");
        let body: serde_json::Value =
            serde_json::from_slice(response.body().as_deref().unwrap_or_default()).unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_REQUEST");
        assert!(body["errors"][0]["message"].as_str().unwrap().contains(PROTOCOL));
    }
    for offered in [
        PROTOCOL,
        "graphql-ws, graphql-transport-ws",
        "mqtt,graphql-transport-ws,graphql-ws",
    ] {
        let (_, spoken) = knock(&app, Some(offered), None).await.expect("refused");
        assert_eq!(spoken, PROTOCOL, "{offered}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_origins_may_not_connect() {
    let app = still(Stack::Sqlite).await;
    let own = app.url();
    let port = own.rsplit(':').next().unwrap();
    let foreign = [
        "http://evil.example".to_owned(),
        format!("http://evil.example:{port}"),
        "null".to_owned(),
        format!("{own}.evil.example"),
        "http://127.0.0.1".to_owned(),
        "file://".to_owned(),
        format!("http://evil.example/{own}"),
        format!("http://localhost:{port}"),
    ];
    for origin in foreign {
        let response = knock(&app, Some(PROTOCOL), Some(&origin))
            .await
            .expect_err("connected");
        assert_eq!(response.status(), 403, "{origin}");
    }
    knock(&app, Some(PROTOCOL), Some(&own))
        .await
        .expect("the page's own origin");
    // Browsers write names in lower case; what is before them may not.
    knock(&app, Some(PROTOCOL), None)
        .await
        .expect("programs name none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_answered_before_the_handshake_and_nonsense_ends_it() {
    let app = still(Stack::Sqlite).await;
    let subscribe =
        json!({ "id": "1", "type": "subscribe", "payload": { "query": "{ viewer { tenantId } }" } })
            .to_string();
    let init = "{\"type\":\"connection_init\"}";
    let long = format!("{{\"type\":\"{}\"}}", "dance".repeat(100));
    let cases: [&[&str]; 9] = [
        &[&long],
        &[&subscribe],
        &["nonsense"],
        &["{}"],
        &["{\"type\":\"dance\"}"],
        &["[]"],
        &["7"],
        &["{\"type\":7}"],
        &["{\"type\":\"subscribe\",\"id\":\"1\"}"],
    ];
    for texts in cases {
        let (mut stream, _) = knock(&app, Some(PROTOCOL), None).await.expect("refused");
        for text in texts {
            stream.send(Message::text(*text)).await.unwrap();
        }
        let code = reply(&mut stream)
            .await
            .unwrap_or_else(|text| panic!("{texts:?} was answered {text}"));
        assert!(code == 0 || code >= 1002, "{texts:?}: {code}");
    }
    let (mut stream, _) = knock(&app, Some(PROTOCOL), None).await.expect("refused");
    for text in [init, init] {
        stream.send(Message::text(text)).await.unwrap();
    }
    assert!(reply(&mut stream).await.unwrap_err().contains("connection_ack"));
    assert_eq!(reply(&mut stream).await, Ok(4429), "one handshake is enough");
    // Too much at once, and bytes that are no text.
    for message in [
        Message::text("x".repeat(1024 * 1024)),
        Message::binary(vec![0xff; 100]),
    ] {
        let (mut stream, _) = knock(&app, Some(PROTOCOL), None).await.expect("refused");
        // The server may hang up before it has read everything.
        if stream.send(message).await.is_ok() {
            assert!(reply(&mut stream).await.is_ok());
        }
    }
    answers(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_metadata_of_ten_thousand_levels_ends_the_connection_only() {
    let app = still(Stack::Sqlite).await;
    let (mut stream, _) = knock(&app, Some(PROTOCOL), None).await.expect("refused");
    let deep = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let text = format!(
        "{{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{{\"query\":\"{{ viewer {{ tenantId }} }}\",\"variables\":{deep}}}}}"
    );
    stream.send(Message::text(text)).await.unwrap();
    assert!(reply(&mut stream).await.is_ok());
    answers(&app).await;
}

both_stacks! {
    async fn queries_and_mutations_travel_too(stack: Stack) {
        let app = still(stack).await;
        let mut socket = app.socket().await;
        socket.subscribe("q", "query($id: ID!) { task(id: $id) { id } viewer { tenantId } }",
            json!({ "id": "task_0123456789abcdef0123456789abcdef" })).await;
        assert_eq!(socket.rest().await, [json!({ "task": null, "viewer": { "tenantId": "default" } })]);
        let submit = "mutation($i: SubmitTaskInput!) { submitTask(input: $i) { task { status } userErrors { code } } }";
        socket.subscribe("m", submit, json!({ "i": { "userId": "ada", "description": "Say hello" } })).await;
        assert_eq!(socket.rest().await, [json!({ "submitTask": { "task": { "status": "PENDING" }, "userErrors": [] } })]);
        socket.subscribe("e", "{ nothing }", json!({})).await;
        let frame = socket.frame().await.unwrap();
        assert_eq!(frame["id"], "e");
        assert!(frame.to_string().contains("GRAPHQL_VALIDATION_FAILED"), "{frame:#}");
    }

    async fn pings_are_answered_and_operations_do_not_disturb_each_other(stack: Stack) {
        let app = still(stack).await;
        let mut socket = app.socket().await;
        let id = app.submit("ada", "Say hello").await;
        let watch = "subscription($id: ID!) { taskEvents(taskId: $id) { __typename } }";
        socket.subscribe("w", watch, json!({ "id": id })).await;
        for wanted in ["TaskEvent", "TaskEvent", "CaughtUp"] {
            assert_eq!(socket.next().await["taskEvents"]["__typename"], wanted);
        }
        socket.send(json!({ "type": "ping" })).await;
        assert_eq!(socket.frame().await.unwrap()["type"], "pong");
        socket.subscribe("q", "{ viewer { tenantId } }", json!({})).await;
        let frame = socket.frame().await.unwrap();
        assert_eq!((&frame["id"], &frame["payload"]["data"]["viewer"]["tenantId"]), (&json!("q"), &json!("default")));
        let complete = socket.frame().await.unwrap();
        assert_eq!((&complete["id"], &complete["type"]), (&json!("q"), &json!("complete")));
    }
}
