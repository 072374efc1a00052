//! An HTTP client for one request to checked addresses.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, header, redirect, retry};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::sync::OnceCell;

use super::{error::FetchError, resolve::CheckedAddresses, target::Target};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What the client says it is.
const USER_AGENT: &str = concat!("agent-orchestrator/", env!("CARGO_PKG_VERSION"));

const ACCEPT: header::HeaderValue = header::HeaderValue::from_static(
    "text/html, application/xhtml+xml, text/plain, application/json;q=0.9, text/*;q=0.8, application/xml;q=0.8",
);

/// Makes clients; reads the certificates the system trusts once, at the first `https` URL.
#[derive(Default)]
pub(super) struct Clients {
    tls: OnceCell<ClientConfig>,
}

impl Clients {
    /// A client that connects to these addresses and does nothing of its own accord: no proxy, no redirects, no
    /// retries, no cookies, no connection kept.
    pub(super) async fn client(
        &self,
        target: &Target,
        addresses: CheckedAddresses,
    ) -> Result<Client, FetchError> {
        let tls = match target.url.scheme() {
            "https" => self.tls.get_or_try_init(system_tls).await?.clone(),
            // Never used, but reqwest wants one; an empty one needs no certificates on the machine.
            _ => builder()?
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth(),
        };
        Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(addresses)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .http1_only()
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(USER_AGENT)
            .default_headers(header::HeaderMap::from_iter([(header::ACCEPT, ACCEPT)]))
            .build()
            .map_err(FetchError::Connection)
    }
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
}

async fn system_tls() -> Result<ClientConfig, FetchError> {
    // Reads files.
    let config =
        tokio::task::spawn_blocking(|| Ok(builder()?.with_platform_verifier()?.with_no_client_auth()));
    config
        .await
        .map_err(|_| FetchError::Interrupted)?
        .map_err(FetchError::Tls)
}
