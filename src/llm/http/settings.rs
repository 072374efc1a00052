//! What an operator says about a provider that is reached over HTTP.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::{Endpoint, EndpointSettings};
use crate::llm::LlmError;

/// How to reach a provider. `Debug` shows neither the key nor what else the address may hide.
#[derive(Clone)]
pub struct ProviderSettings {
    /// Address of the API, for instance `http://127.0.0.1:11434/v1`; each provider says what it appends.
    pub base_url: String,
    /// The API key. Local servers often need none.
    pub api_key: Option<SecretString>,
    /// How long a call may take from start to end.
    pub request_timeout: Duration,
    /// How long an answer that has begun may be silent.
    pub stall_timeout: Duration,
}

impl std::fmt::Debug for ProviderSettings {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let host = url::Url::parse(&self.base_url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        out.debug_struct("ProviderSettings")
            .field("host", &host)
            .field("api_key", &self.api_key.as_ref().map(|_| "***"))
            .field("request_timeout", &self.request_timeout)
            .field("stall_timeout", &self.stall_timeout)
            .finish()
    }
}

impl ProviderSettings {
    /// The endpoint of these settings. The key, where there is one, is sent as `header: {before}{key}` beside `headers`.
    pub(crate) fn endpoint(
        self,
        provider: &str,
        mut headers: HeaderMap,
        header: HeaderName,
        before: &str,
    ) -> Result<Endpoint, LlmError> {
        if let Some(key) = &self.api_key {
            let mut value = HeaderValue::from_str(&format!("{before}{}", key.expose_secret().trim()))
                .map_err(|_| {
                    LlmError::NotConfigured(format!("the API key of {provider} has characters no key has"))
                })?;
            value.set_sensitive(true);
            headers.insert(header, value);
        }
        Endpoint::new(EndpointSettings {
            provider: provider.to_owned(),
            base_url: self.base_url,
            headers,
            secret: self
                .api_key
                .map(|key| SecretString::from(key.expose_secret().trim())),
            request_timeout: self.request_timeout,
            stall_timeout: self.stall_timeout,
        })
    }
}
