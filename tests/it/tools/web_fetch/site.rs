//! A site on 127.0.0.1 for the tool to fetch from.

use std::sync::Arc;

use agent_orchestrator::tools::{ToolError, builtin::web_fetch::WebFetchSettings, registry::ToolRegistry};
use axum::{Router, body::Body, http::header, response::IntoResponse};

use super::{Script, fetch, registry, script, settings};

/// A site on 127.0.0.1 and a tool that may fetch from it, as `site.test` and by address.
pub(super) struct Site {
    pub(super) port: u16,
    server: tokio::task::JoinHandle<()>,
    pub(super) resolver: Arc<Script>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Site {
    pub(super) async fn serve(router: Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            port,
            server,
            resolver: script(&[&["127.0.0.1"], &["169.254.169.254"]]),
        }
    }

    pub(super) fn settings(&self) -> WebFetchSettings {
        WebFetchSettings {
            allow_private_addresses: true,
            extra_ports: vec![self.port],
            ..settings(&["site.test", "127.0.0.1", "169.254.169.254"])
        }
    }

    pub(super) fn registry(&self, settings: WebFetchSettings) -> ToolRegistry {
        registry(settings, self.resolver.clone())
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(super) async fn fetch(&self, path: &str) -> Result<String, ToolError> {
        fetch(&self.registry(self.settings()), &self.url(path)).await
    }
}

pub(super) fn typed(media_type: &'static str, body: impl Into<Body>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, media_type)], body.into())
}
