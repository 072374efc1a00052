//! A real HTTP server on 127.0.0.1 that plays a script of answers and keeps what it was sent.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::Response,
};
use futures_util::{Stream, stream};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// The largest request body that is kept.
const MAX_REQUEST_BYTES: usize = 16 << 20;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) path: String,
    /// By lower-case name.
    pub(crate) headers: HashMap<String, String>,
    /// `null` where the body was no JSON.
    pub(crate) body: Value,
}

/// One step of an answer's body.
#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Bytes(Vec<u8>),
    Pause(Duration),
    /// Nothing more comes, and the connection stays open.
    Hang,
    /// The connection is cut.
    Cut,
    /// The same text again and again without end.
    Forever(String),
}

/// One answer of the script.
#[derive(Clone, Debug)]
pub(crate) struct ScriptedAnswer {
    status: u16,
    headers: Vec<(String, String)>,
    pieces: VecDeque<Piece>,
}

impl ScriptedAnswer {
    /// Any status with any body.
    pub(crate) fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self {
            status,
            headers,
            pieces: VecDeque::from([Piece::Text(body.into())]),
        }
    }

    /// A JSON document.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    /// A stream of these chunks, each an event, without an end mark.
    pub(crate) fn sse(chunks: &[Value]) -> Self {
        let answer = Self {
            pieces: VecDeque::new(),
            ..Self::text(200, "text/event-stream", "")
        };
        chunks
            .iter()
            .fold(answer, |answer, chunk| answer.then(&format!("data: {chunk}\n\n")))
    }

    /// A streamed chat completion that says `text` word by word and used these tokens.
    pub(crate) fn chat(text: &str, prompt_tokens: u64, completion_tokens: u64) -> Self {
        let words = text
            .split_inclusive(' ')
            .map(|word| json!({ "choices": [{ "delta": { "content": word } }] }));
        let mut chunks: Vec<Value> = words.collect();
        chunks.push(json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }));
        chunks.push(usage(prompt_tokens, completion_tokens));
        Self::sse(&chunks).done()
    }

    /// A streamed chat completion that asks for one tool.
    pub(crate) fn tool_call(name: &str, arguments: &Value) -> Self {
        let call = json!({ "index": 0, "id": format!("call_{name}"), "type": "function",
            "function": { "name": name, "arguments": arguments.to_string() } });
        Self::sse(&[
            json!({ "choices": [{ "delta": { "tool_calls": [call] } }] }),
            json!({ "choices": [{ "delta": {}, "finish_reason": "tool_calls" }] }),
            usage(100, 10),
        ])
        .done()
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// More of the body, as it is.
    pub(crate) fn then(mut self, text: &str) -> Self {
        self.pieces.push_back(Piece::Text(text.to_owned()));
        self
    }

    /// The texts of the body, put together.
    fn whole(&self) -> String {
        let texts = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// A body that comes one byte at a time.
    pub(crate) fn byte_by_byte(mut self, pause: Duration) -> Self {
        let whole = self.whole();
        let bytes = whole.bytes();
        self.pieces = bytes
            .flat_map(|byte| [Piece::Bytes(vec![byte]), Piece::Pause(pause)])
            .collect();
        self
    }

    /// Bodies that are like this one and end too early: one for every `step`th byte.
    pub(crate) fn cut_everywhere(&self, step: usize) -> Vec<Self> {
        let whole = self.whole().into_bytes();
        let cuts = (0..whole.len()).step_by(step);
        cuts.map(|end| Self {
            pieces: VecDeque::from([Piece::Bytes(whole[..end].to_vec())]),
            ..self.clone()
        })
        .collect()
    }

    pub(crate) fn pause(mut self, pause: Duration) -> Self {
        self.pieces.push_back(Piece::Pause(pause));
        self
    }

    /// The end mark of a stream.
    pub(crate) fn done(self) -> Self {
        self.then("data: [DONE]\n\n")
    }

    pub(crate) fn hang(mut self) -> Self {
        self.pieces.push_back(Piece::Hang);
        self
    }

    pub(crate) fn cut(mut self) -> Self {
        self.pieces.push_back(Piece::Cut);
        self
    }

    pub(crate) fn forever(mut self, text: &str) -> Self {
        self.pieces.push_back(Piece::Forever(text.to_owned()));
        self
    }

    fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from_stream(played(self.pieces))).unwrap()
    }
}

/// The chunk of a stream that only carries usage.
pub(crate) fn usage(prompt_tokens: u64, completion_tokens: u64) -> Value {
    json!({ "choices": [], "usage": { "prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens } })
}

fn played(pieces: VecDeque<Piece>) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    stream::unfold(pieces, |mut pieces| async move {
        loop {
            match pieces.pop_front()? {
                Piece::Text(text) => return Some((Ok(Bytes::from(text)), pieces)),
                Piece::Bytes(bytes) => return Some((Ok(Bytes::from(bytes)), pieces)),
                Piece::Pause(pause) => tokio::time::sleep(pause).await,
                Piece::Hang => std::future::pending::<()>().await,
                Piece::Cut => return Some((Err(std::io::Error::other("cut by the script")), pieces)),
                Piece::Forever(text) => {
                    pieces.push_front(Piece::Forever(text.clone()));
                    return Some((Ok(Bytes::from(text)), pieces));
                }
            }
        }
    })
}

type Answerer = Box<dyn Fn(&Received) -> Option<ScriptedAnswer> + Send + Sync>;

struct Shared {
    answerer: Answerer,
    received: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
}

/// A running server. Dropping it ends it.
pub(crate) struct ScriptedServer {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl ScriptedServer {
    /// Plays the answers in order; a request beyond them is refused with 418.
    pub(crate) async fn start(script: Vec<ScriptedAnswer>) -> Self {
        let script = Mutex::new(VecDeque::from(script));
        Self::answering(move |_| script.lock().unwrap().pop_front()).await
    }

    /// Gives every request the same answer.
    pub(crate) async fn always(answer: ScriptedAnswer) -> Self {
        Self::answering(move |_| Some(answer.clone())).await
    }

    /// Answers as told by each request; `None` refuses it with 418.
    pub(crate) async fn answering(
        answerer: impl Fn(&Received) -> Option<ScriptedAnswer> + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            answerer: Box::new(answerer),
            received: Mutex::default(),
            count: watch::Sender::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            shared,
            task,
        }
    }

    /// What to configure as the base URL of an OpenAI-compatible server.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What to configure as the base URL of a server that speaks Anthropic's format.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was asked so far, in order.
    pub(crate) fn requests(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Waits until this many requests have come.
    pub(crate) async fn received(&self, count: usize) -> Vec<Received> {
        self.shared
            .count
            .subscribe()
            .wait_for(|seen| *seen >= count)
            .await
            .unwrap();
        self.requests()
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response, Infallible> {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, MAX_REQUEST_BYTES)
        .await
        .unwrap_or_default();
    let headers = parts.headers.iter();
    let received = Received {
        path: parts.uri.path().to_owned(),
        headers: headers
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    };
    let answer = (shared.answerer)(&received);
    shared.received.lock().unwrap().push(received);
    shared.count.send_modify(|count| *count += 1);
    let over = || ScriptedAnswer::text(418, "text/plain", "the script is over");
    Ok(answer.unwrap_or_else(over).into_response())
}
