//! Encrypted connections of tools that speak HTTP.

use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// TLS that trusts nobody, for clients that only speak plain HTTP: without it they read the certificates of the system,
/// which small containers do not have.
pub(super) fn without_certificates() -> Result<ClientConfig, rustls::Error> {
    Ok(
        ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth(),
    )
}
