//! The world outside: one HTTP server that plays the model and the tools, writes down every call with its key, and
//! can have its caller killed at chosen moments. What it wrote down is the truth about effects.
//!
//! Every process has addresses of its own here, `/NAME/v1/…` and `/NAME/tools/TOOL`, so a call says who makes it.

mod log;
mod model;
pub mod tools;
pub mod traps;
pub mod work;

pub use log::{ModelCall, OutsideLog, ToolCall};
pub use traps::{CallPoint, CallTrap};

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::tally::Tally;
use traps::Traps;

/// The largest request that is read.
const MAX_BODY: usize = 4 << 20;

/// A running server. Dropping it ends it.
pub struct Outside {
    pub port: u16,
    pub log: Arc<OutsideLog>,
    traps: Arc<Traps>,
    serving: JoinHandle<()>,
}

/// What every call is answered with.
#[derive(Clone)]
struct World {
    log: Arc<OutsideLog>,
    traps: Arc<Traps>,
}

impl Outside {
    pub async fn start(tally: Tally) -> Self {
        let world = World {
            log: Arc::default(),
            traps: Arc::new(Traps::new(tally)),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().fallback(answer).with_state(world.clone());
        Self {
            port,
            log: world.log,
            traps: world.traps,
            serving: tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }),
        }
    }

    /// Where a process finds its model and its tools.
    pub fn address(&self, caller: &str) -> String {
        format!("http://127.0.0.1:{}/{caller}", self.port)
    }

    /// How a caller is killed when a trap springs or a task says so.
    pub fn introduce(&self, caller: &str, kill: Arc<dyn Fn() + Send + Sync>) {
        self.traps.introduce(caller, kill);
    }

    /// Kills a caller at a call to come.
    pub fn arm(&self, caller: &str, trap: CallTrap) {
        self.traps.arm(caller, trap);
    }

    pub fn disarm(&self) {
        self.traps.disarm();
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(world): State<World>, request: Request) -> Result<Response, Infallible> {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, MAX_BODY).await.unwrap_or_default();
    let path: Vec<&str> = parts.uri.path().trim_start_matches('/').split('/').collect();
    Ok(match path[..] {
        [caller, "v1", "chat", "completions"] => world.chat(caller, &body).await,
        [caller, "tools", tool] => world.use_tool(caller, tool, &parts.headers, &body).await,
        _ => axum::http::StatusCode::NOT_FOUND.into_response(),
    })
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
