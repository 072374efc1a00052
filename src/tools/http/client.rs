//! One request to one address: nothing is followed, kept, retried or sent through a proxy of its own accord.

use std::time::Duration;

use reqwest::{
    Response,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING},
    redirect, retry,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::{HttpToolSettings, answer::Answer};
use crate::{
    domain::causes::in_one_line,
    tools::{registry::MAX_OUTPUT_BYTES, tls::without_certificates},
};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Most bytes of an answer that are read. More than a model is shown, so that the cut can be seen.
const MAX_BODY_BYTES: usize = 8 * MAX_OUTPUT_BYTES;

/// The shortest secret that is taken out of answers: what is shorter stands in texts by chance.
const MIN_SECRET_BYTES: usize = 6;

/// The header by which a tool recognises a repeated call
/// (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Headers that are this program's to set.
const OURS: [HeaderName; 5] = [
    IDEMPOTENCY_KEY,
    CONTENT_TYPE,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    HOST,
];

/// Why a tool cannot be called over HTTP. It shows no header's value, and no address.
#[derive(Debug, thiserror::Error)]
pub enum HttpToolError {
    #[error("its url is not a URL: {0}")]
    BadUrl(#[from] url::ParseError),
    #[error("its url does not begin with http:// or https://")]
    BadScheme,
    #[error("{0:?} is not the name of a header")]
    BadHeaderName(String),
    #[error("the header {0:?} is set by the program itself")]
    ReservedHeader(String),
    #[error("the header {0:?} has characters that a header cannot hold")]
    BadHeaderValue(String),
    #[error("encrypted connections cannot be set up")]
    Tls(#[from] rustls::Error),
    #[error("no HTTP client can be made; are the CA certificates of the system installed?")]
    Client(#[source] reqwest::Error),
}

/// The address of one tool with the client that reaches it.
pub(super) struct Client {
    client: reqwest::Client,
    url: Url,
    secrets: Vec<SecretString>,
}

impl Client {
    pub(super) fn new(settings: HttpToolSettings) -> Result<Self, HttpToolError> {
        let HttpToolSettings {
            definition,
            url,
            headers,
            secrets,
        } = settings;
        let url = Url::parse(&url)?;
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .http1_only()
            // A connection that the tool closes while it lies idle looks like a call that was cut off.
            .pool_max_idle_per_host(0)
            // Sooner than the call ends: it must be seen that nothing was sent.
            .connect_timeout(CONNECT_TIMEOUT.min(definition.timeout / 2))
            .default_headers(header_map(&headers)?)
            .user_agent(concat!("agent-orchestrator/", env!("CARGO_PKG_VERSION")));
        match url.scheme() {
            // Without this the client reads the certificates of the system, which small containers do not have.
            "http" => builder = builder.tls_backend_preconfigured(without_certificates()?),
            // The process may have chosen a provider already; any will do.
            "https" => drop(rustls::crypto::ring::default_provider().install_default()),
            _ => return Err(HttpToolError::BadScheme),
        }
        Ok(Self {
            client: builder.build().map_err(HttpToolError::Client)?,
            url,
            secrets: secrets
                .into_iter()
                .filter(|value| value.expose_secret().len() >= MIN_SECRET_BYTES)
                .collect(),
        })
    }

    /// Sends one request and reads what comes back. Dropping the future closes the connection.
    pub(super) async fn post(&self, body: &Value, key: &str) -> Answer {
        let request = self
            .client
            .post(self.url.clone())
            .header(IDEMPOTENCY_KEY, key)
            .json(body);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return unanswered(error),
        };
        let status = response.status();
        match read(response).await {
            Ok(bytes) => Answer::of(status, &self.without_secrets(&String::from_utf8_lossy(&bytes))),
            Err(error) => unanswered(error),
        }
    }

    /// A tool may echo what it was sent.
    fn without_secrets(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.expose_secret(), "***")
        })
    }
}

/// A request that got no whole answer. Only where no connection was made is it certain that nothing happened.
fn unanswered(error: reqwest::Error) -> Answer {
    let was_reached = !error.is_connect() && !error.is_builder();
    let why = in_one_line(&error.without_url());
    if was_reached {
        Answer::Nothing(format!("the tool did not answer: {why}"))
    } else {
        Answer::Refusal(format!("the tool could not be reached: {why}"))
    }
}

/// Reads until the end or the bound, whatever length was announced.
async fn read(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = MAX_BODY_BYTES - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() >= room {
            break;
        }
    }
    Ok(bytes)
}

fn header_map(headers: &[(String, SecretString)]) -> Result<HeaderMap, HttpToolError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| HttpToolError::BadHeaderName(name.clone()))?;
        if OURS.contains(&header) {
            return Err(HttpToolError::ReservedHeader(name.clone()));
        }
        let mut value = HeaderValue::from_str(value.expose_secret())
            .map_err(|_| HttpToolError::BadHeaderValue(name.clone()))?;
        value.set_sensitive(true);
        map.append(header, value);
    }
    Ok(map)
}
