//! The chat model of an OpenAI-compatible server.

use async_trait::async_trait;
use reqwest::Response;
use tokio::time::timeout;

use super::{
    PROVIDER,
    assembly::Assembly,
    endpoint, errors, stream,
    wire::{Body, LimitField},
};
use crate::llm::{
    ChatModel, DeltaSink, LlmError,
    chat::{ChatAnswer, ChatRequest},
    http::{Endpoint, Form, ProviderSettings, form, read_json},
};

/// A server that speaks chat completions. Dropping a call closes its connection, which stops the server's work.
#[derive(Debug)]
pub struct OpenAiModel {
    endpoint: Endpoint,
    limit: LimitField,
}

impl OpenAiModel {
    /// A model of the provider `openai`. Fails with [`LlmError::NotConfigured`] on settings that cannot work.
    pub fn new(settings: ProviderSettings) -> Result<Self, LlmError> {
        Self::with_provider_name(settings, PROVIDER)
    }

    /// The same under another name, for a compatible server beside OpenAI: it has prices of its own.
    pub fn with_provider_name(settings: ProviderSettings, provider: &str) -> Result<Self, LlmError> {
        let endpoint = endpoint(settings, provider)?;
        let limit = if endpoint.is_host("openai.com") || endpoint.is_host("openai.azure.com") {
            LimitField::MaxCompletionTokens
        } else {
            LimitField::MaxTokens
        };
        Ok(Self { endpoint, limit })
    }

    async fn ask(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, LlmError> {
        let response = self
            .endpoint
            .post(&["chat", "completions"], &Body::new(request, self.limit))
            .await?;
        let response = errors::check(&self.endpoint, response).await?;
        let assembly = match form(&self.endpoint, &response)? {
            Form::Json => self.read_whole(response, deltas).await?,
            Form::Events => stream::read(&self.endpoint, response, deltas).await?,
        };
        assembly
            .finish(request)
            .map_err(|error| self.endpoint.malformed(&error.to_string()))
    }

    /// Some servers answer a request for a stream with one JSON document.
    async fn read_whole(&self, response: Response, deltas: DeltaSink<'_>) -> Result<Assembly, LlmError> {
        let answer = read_json(&self.endpoint, response).await?;
        if errors::is_error(&answer) {
            return Err(errors::in_answer(&self.endpoint, &answer));
        }
        if answer["choices"].as_array().is_none_or(Vec::is_empty) {
            return Err(self.endpoint.malformed("the answer has no choices"));
        }
        let mut assembly = Assembly::default();
        assembly
            .add(&answer, deltas)
            .map_err(|error| self.endpoint.malformed(&error.to_string()))?;
        Ok(assembly)
    }
}

#[async_trait]
impl ChatModel for OpenAiModel {
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
