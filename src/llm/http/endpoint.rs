//! One provider's address: where to post, with which credentials and for how long to wait.

use std::{error::Error, time::Duration};

use reqwest::{Client, Response, header::HeaderMap, redirect};
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

use super::BodyError;
use crate::llm::LlmError;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest piece of a provider's error text that is passed on, in characters.
const MAX_ERROR_CHARS: usize = 300;

/// What an [`Endpoint`] is made of.
pub(crate) struct EndpointSettings {
    /// Name of the provider, for errors.
    pub(crate) provider: String,
    /// Address that paths are appended to; its query, if it has one, is kept.
    pub(crate) base_url: String,
    /// Sent with every request.
    pub(crate) headers: HeaderMap,
    /// Taken out of every text that comes back, should a server echo it.
    pub(crate) secret: Option<SecretString>,
    /// How long a call may take from start to end.
    pub(crate) request_timeout: Duration,
    /// How long an answer that has begun may be silent.
    pub(crate) stall_timeout: Duration,
}

/// A provider's address with the client that reaches it. Its `Debug` and its errors never show the credentials.
pub(crate) struct Endpoint {
    client: Client,
    base: Url,
    settings: EndpointSettings,
}

impl Endpoint {
    /// Fails with [`LlmError::NotConfigured`] where the address or the certificates of the system are not usable.
    ///
    /// Redirects are not followed, because the next host would get the prompts and maybe the key. Proxy variables
    /// of the environment are ignored, so that what the configuration says is where the requests go.
    pub(crate) fn new(settings: EndpointSettings) -> Result<Self, LlmError> {
        let wrong =
            |what: &str| LlmError::NotConfigured(format!("the base URL of {} {what}", settings.provider));
        let base =
            Url::parse(&settings.base_url).map_err(|error| wrong(&format!("is not a URL: {error}")))?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(wrong("must begin with http:// or https://"));
        }
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .default_headers(settings.headers.clone())
            .user_agent(concat!("agent-orchestrator/", env!("CARGO_PKG_VERSION")));
        if base.scheme() == "http" {
            // Without this the client reads the certificates of the system, which small containers do not have.
            builder = builder.tls_backend_preconfigured(without_certificates()?);
        } else {
            // The process may have chosen a provider already; any will do.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let client = builder.build().map_err(|error| {
            LlmError::NotConfigured(format!(
                "no HTTP client for {}: {}; are the CA certificates of the system installed?",
                settings.provider,
                causes(&error.without_url())
            ))
        })?;
        Ok(Self {
            client,
            base,
            settings,
        })
    }

    pub(crate) fn provider(&self) -> &str {
        &self.settings.provider
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        self.settings.request_timeout
    }

    pub(crate) fn stall_timeout(&self) -> Duration {
        self.settings.stall_timeout
    }

    /// Whether the address is a host of this name or below it.
    pub(crate) fn is_host(&self, name: &str) -> bool {
        self.base.host_str().is_some_and(|host| {
            host == name || host.strip_suffix(name).is_some_and(|front| front.ends_with('.'))
        })
    }

    /// Posts JSON to the base address with the path appended; any status is an answer.
    pub(crate) async fn post<B: Serialize + ?Sized>(
        &self,
        path: &[&str],
        body: &B,
    ) -> Result<Response, LlmError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        self.client
            .post(url)
            .json(body)
            .send()
            .await
            .map_err(|error| self.broken(error))
    }

    /// A text of the server, fit for a message: without the key, on one line, at most 300 characters.
    pub(crate) fn presentable(&self, text: &str) -> String {
        let hidden = match &self.settings.secret {
            Some(secret) if !secret.expose_secret().is_empty() => text.replace(secret.expose_secret(), "***"),
            _ => text.to_owned(),
        };
        let mut line = hidden.split_whitespace().collect::<Vec<_>>().join(" ");
        // Postgres cannot store NUL, and a log or a terminal should not obey the others.
        line.retain(|character| !character.is_control());
        match line.char_indices().nth(MAX_ERROR_CHARS) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }

    pub(crate) fn unavailable(&self, message: &str) -> LlmError {
        LlmError::Unavailable {
            provider: self.settings.provider.clone(),
            message: self.presentable(message),
        }
    }

    pub(crate) fn malformed(&self, message: &str) -> LlmError {
        LlmError::Malformed {
            provider: self.settings.provider.clone(),
            message: self.presentable(message),
        }
    }

    /// The error of a body that could not be read to its end.
    pub(crate) fn body_error(&self, error: BodyError) -> LlmError {
        match error {
            BodyError::TooLong(_) => self.malformed(&error.to_string()),
            BodyError::Stalled(_) => self.unavailable(&error.to_string()),
            BodyError::Broken(error) => self.broken(error),
        }
    }

    fn broken(&self, error: reqwest::Error) -> LlmError {
        self.unavailable(&causes(&error.without_url()))
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Endpoint")
            .field("provider", &self.settings.provider)
            .field("host", &self.base.host_str())
            .finish_non_exhaustive()
    }
}

/// TLS that trusts nobody, for clients that only speak plain HTTP.
fn without_certificates() -> Result<ClientConfig, LlmError> {
    let config = ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| LlmError::NotConfigured(format!("TLS cannot be set up: {error}")))?;
    Ok(config
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

/// An error with what caused it, outermost first.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
