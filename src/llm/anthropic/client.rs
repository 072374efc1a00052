//! The chat model behind the messages format.

use async_trait::async_trait;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::timeout;

use super::{PROVIDER, assembly::Assembly, errors, stream, wire::Body};
use crate::llm::{
    ChatModel, DeltaSink, LlmError,
    chat::{ChatAnswer, ChatRequest},
    http::{Endpoint, Form, ProviderSettings, form, read_json},
};

/// The version of the format. Source: Anthropic API reference, "Versions".
const VERSION: &str = "2023-06-01";

/// A server that speaks the messages format. Dropping a call closes its connection, which stops the server's work.
#[derive(Debug)]
pub struct AnthropicModel {
    endpoint: Endpoint,
    path: &'static [&'static str],
}

impl AnthropicModel {
    /// A model of the provider `anthropic`. The address may be written with or without `/v1` at its end. Fails with
    /// [`LlmError::NotConfigured`] on settings that cannot work.
    pub fn new(settings: ProviderSettings) -> Result<Self, LlmError> {
        let path: &[_] = if settings.base_url.trim_end_matches('/').ends_with("/v1") {
            &["messages"]
        } else {
            &["v1", "messages"]
        };
        let version = (
            HeaderName::from_static("anthropic-version"),
            HeaderValue::from_static(VERSION),
        );
        let headers = HeaderMap::from_iter([version]);
        let endpoint = settings.endpoint(PROVIDER, headers, HeaderName::from_static("x-api-key"), "")?;
        Ok(Self { endpoint, path })
    }

    async fn ask(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, LlmError> {
        let endpoint = &self.endpoint;
        let response = endpoint.post(self.path, &Body::new(request)).await?;
        let response = errors::check(endpoint, response).await?;
        let assembly = match form(endpoint, &response)? {
            Form::Events => stream::read(endpoint, response, deltas).await?,
            // Some gateways answer a request for a stream with one document.
            Form::Json => {
                let message = read_json(endpoint, response).await?;
                if errors::is_error(&message) {
                    return Err(errors::in_answer(endpoint, &message));
                }
                if !message["content"].is_array() {
                    return Err(endpoint.malformed("the answer has no content"));
                }
                Assembly::of_message(&message, deltas)
                    .map_err(|error| endpoint.malformed(&error.to_string()))?
            }
        };
        assembly
            .finish(request)
            .map_err(|error| endpoint.malformed(&error.to_string()))
    }
}

#[async_trait]
impl ChatModel for AnthropicModel {
    fn provider(&self) -> &str {
        self.endpoint.provider()
    }

    async fn chat(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, LlmError> {
        let limit = self.endpoint.request_timeout();
        timeout(limit, self.ask(request, deltas))
            .await
            .unwrap_or_else(|_| {
                Err(self
                    .endpoint
                    .unavailable(&format!("no complete answer within {limit:?}")))
            })
    }
}
