//! From a host to addresses that were checked, and a connector's resolver that knows only those.
//!
//! The host is looked up once and the connection goes to what was checked: a name server that answers
//! differently the second time is not asked a second time.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

use super::{address, error::FetchError, settings::host_text, target::Target};

/// Looks up host names. To add a kind: a type with this trait, handed to [`WebFetch::with_resolver`](super::WebFetch::with_resolver).
#[async_trait]
pub trait HostResolver: Send + Sync {
    /// All addresses of a host name.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the operating system.
pub struct SystemResolver;

#[async_trait]
impl HostResolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0))
            .await?
            .map(|address| address.ip())
            .collect())
    }
}

/// The addresses of a target, all of which may be connected to. One that may not refuses them all.
pub(super) async fn checked_addresses(
    target: &Target,
    resolver: &dyn HostResolver,
    allow_private: bool,
) -> Result<CheckedAddresses, FetchError> {
    let host = host_text(&target.host);
    let addresses = match &target.host {
        Host::Ipv4(address) => vec![IpAddr::V4(*address)],
        Host::Ipv6(address) => vec![IpAddr::V6(*address)],
        Host::Domain(_) => resolver
            .resolve(&host)
            .await
            .map_err(|error| FetchError::HostNotFound(host.clone(), Some(error)))?,
    };
    if addresses.is_empty() {
        return Err(FetchError::HostNotFound(host, None));
    }
    for &address in &addresses {
        address::check(address, allow_private).map_err(|range| FetchError::AddressNotAllowed {
            host: host.clone(),
            address,
            range,
        })?;
    }
    Ok(CheckedAddresses {
        host,
        addresses: addresses
            .into_iter()
            .map(|ip| SocketAddr::new(ip, target.port))
            .collect(),
    })
}

/// Checked addresses of one host; as a resolver it answers for that host only.
pub(super) struct CheckedAddresses {
    host: String,
    addresses: Arc<[SocketAddr]>,
}

impl Resolve for CheckedAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let asked = name.as_str();
        let answer = if asked.strip_suffix('.').unwrap_or(asked) == self.host {
            let addresses: Vec<SocketAddr> = self.addresses.to_vec();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        } else {
            Err(format!("the addresses of {asked:?} were not checked").into())
        };
        Box::pin(std::future::ready(answer))
    }
}
