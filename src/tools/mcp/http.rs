//! A server on the network, over streamable HTTP. Redirects are not followed and proxies not used: the configuration says
//! where the calls go.

use std::{collections::HashMap, time::Duration};

use reqwest::{
    Client,
    header::{HeaderName, HeaderValue},
    redirect, retry,
};
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
};
use secrecy::{ExposeSecret, SecretString};

use super::process::MAX_MESSAGE_BYTES;
use crate::tools::tls::without_certificates;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Most bytes of an error's text.
const MAX_ERROR_BYTES: usize = 4 << 10;

/// How its messages travel.
pub(super) type Transport = StreamableHttpClientTransport<Client>;

/// Prepares the way; nothing is sent yet. Fails in words.
pub(super) fn prepare(url: &str, headers: &[(String, SecretString)]) -> Result<Transport, String> {
    let mut all = HashMap::new();
    for (name, value) in headers {
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("{name:?} is not the name of a header"))?;
        let mut value = HeaderValue::from_str(value.expose_secret())
            .map_err(|_| format!("the header {name:?} has characters that a header cannot hold"))?;
        value.set_sensitive(true);
        all.insert(header, value);
    }
    let mut builder = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("agent-orchestrator/", env!("CARGO_PKG_VERSION")));
    if url.starts_with("http://") {
        // Without this the client reads the certificates of the system, which small containers do not have.
        builder = builder.tls_backend_preconfigured(
            without_certificates().map_err(|_| "encrypted connections cannot be set up".to_owned())?,
        );
    } else {
        // The process may have chosen a provider already; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let client = builder
        .build()
        .map_err(|_| "no HTTP client can be made; are the CA certificates of the system installed?")?;
    let config = StreamableHttpClientTransportConfig::with_uri(url)
        .custom_headers(all)
        .max_sse_event_size(MAX_MESSAGE_BYTES)
        .max_json_response_size(MAX_MESSAGE_BYTES)
        .max_error_response_size(MAX_ERROR_BYTES);
    Ok(StreamableHttpClientTransport::with_client(client, config))
}
