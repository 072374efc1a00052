//! The OpenAI chat-completions and embeddings formats, spoken with OpenAI or any server that copies them.
//!
//! Servers copy them loosely, so reading is liberal (`answer.rs`, `assembly.rs`) and sending is plain (`wire.rs`).
//! To use one more compatible server, no code is needed: another base URL, and a name by
//! [`OpenAiModel::with_provider_name`] where it stands beside OpenAI itself.

mod answer;
mod assembly;
mod client;
mod embeddings;
mod errors;
mod stream;
mod wire;

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

pub use client::OpenAiModel;
pub use embeddings::OpenAiEmbedder;

use super::{
    LlmError,
    http::{Endpoint, EndpointSettings},
};

/// Where OpenAI itself answers.
pub const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";

/// Name of the provider unless it is given another.
const PROVIDER: &str = "openai";

/// How to reach a server. `Debug` shows neither the key nor what else the address may hide.
#[derive(Clone)]
pub struct OpenAiSettings {
    /// Address of the API up to its version, for instance [`OPENAI_BASE_URL`] or `http://127.0.0.1:11434/v1`.
    pub base_url: String,
    /// Sent as a bearer token. Local servers often need none.
    pub api_key: Option<SecretString>,
    /// How long a call may take from start to end.
    pub request_timeout: Duration,
    /// How long an answer that has begun may be silent.
    pub stall_timeout: Duration,
}

impl std::fmt::Debug for OpenAiSettings {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = url::Url::parse(&self.base_url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        out.debug_struct("OpenAiSettings")
            .field("host", &host)
            .field("api_key", &self.api_key.as_ref().map(|_| "***"))
            .field("request_timeout", &self.request_timeout)
            .field("stall_timeout", &self.stall_timeout)
            .finish()
    }
}

impl OpenAiSettings {
    fn endpoint(self, provider: &str) -> Result<Endpoint, LlmError> {
        let mut headers = HeaderMap::new();
        if let Some(key) = &self.api_key {
            let mut bearer = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret().trim()))
                .map_err(|_| {
                    LlmError::NotConfigured(format!("the API key of {provider} has characters no key has"))
                })?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        let endpoint = Endpoint::new(EndpointSettings {
            provider: provider.to_owned(),
            base_url: self.base_url,
            headers,
            secret: self
                .api_key
                .map(|key| SecretString::from(key.expose_secret().trim())),
            request_timeout: self.request_timeout,
            stall_timeout: self.stall_timeout,
        })?;
        Ok(endpoint)
    }
}
