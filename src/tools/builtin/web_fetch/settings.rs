//! What an operator decides about fetching. To add a decision: a field with a safe default.

use std::{str::FromStr, time::Duration};

use url::Host;

/// Bounds of `web_fetch`. The default allows no host at all.
#[derive(Clone, Debug)]
pub struct WebFetchSettings {
    /// Hosts that may be fetched from, also by redirects.
    pub allowed_hosts: Vec<HostPattern>,
    /// Whether `http` URLs are fetched too; a redirect from `https` to `http` never is.
    pub allow_http: bool,
    /// Whether hosts may stand in private networks or on this machine. Link-local addresses, where cloud
    /// providers keep their metadata services, stay refused.
    pub allow_private_addresses: bool,
    /// Ports besides 80 and 443.
    pub extra_ports: Vec<u16>,
    /// Most bytes that are read of an answer.
    pub max_bytes: usize,
    /// Time for a whole call, redirects included.
    pub timeout: Duration,
}

impl Default for WebFetchSettings {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            allow_http: false,
            allow_private_addresses: false,
            extra_ports: Vec::new(),
            max_bytes: 512 * 1024,
            timeout: Duration::from_secs(15),
        }
    }
}

/// A host by its exact name or address, or every host under a domain: `example.org`, `*.example.org`.
/// The second does not include `example.org` itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    /// With `under`, what a host must end with, dot included; without, the whole host.
    text: String,
    under: bool,
}

/// A text that is not a [`HostPattern`].
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is neither a host such as \"example.org\" nor a pattern such as \"*.example.org\"")]
pub struct HostPatternError(String);

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || HostPatternError(text.to_owned());
        let under = text.strip_prefix("*.");
        // The same parser as for URLs, so that both sides of a comparison have one form (case, IDN, IPv4 forms).
        let host = Host::parse(under.unwrap_or(text)).map_err(|_| refused())?;
        match (under, &host) {
            // The parser admits `*` in a name; here it would be a pattern that never matches.
            _ if host_text(&host).contains('*') => Err(refused()),
            (None, _) => Ok(Self {
                text: host_text(&host),
                under: false,
            }),
            (Some(_), Host::Domain(_)) => Ok(Self {
                text: format!(".{}", host_text(&host)),
                under: true,
            }),
            (Some(_), Host::Ipv4(_) | Host::Ipv6(_)) => Err(refused()),
        }
    }
}

impl HostPattern {
    /// Whether the pattern covers a host in the form of [`host_text`].
    pub(super) fn matches(&self, host: &str) -> bool {
        if self.under {
            host.len() > self.text.len() && host.ends_with(&self.text)
        } else {
            host == self.text
        }
    }
}

impl std::fmt::Display for HostPattern {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}{}", if self.under { "*" } else { "" }, self.text)
    }
}

/// A host in the one form in which hosts are compared: lower case, no brackets, no dot at the end.
pub(super) fn host_text<S: AsRef<str>>(host: &Host<S>) -> String {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref();
            name.strip_suffix('.').unwrap_or(name).to_owned()
        }
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}
