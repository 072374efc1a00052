//! The checks a URL passes before anything is looked up. The same for the first URL and for each redirect.

use url::{Host, Url};

use super::{
    error::FetchError,
    settings::{WebFetchSettings, host_text},
};

/// The longest URL.
pub(super) const MAX_URL_BYTES: usize = 2_048;

/// A URL that may be fetched as far as its text can tell.
#[derive(Debug)]
pub struct Target {
    pub(super) url: Url,
    pub(super) host: Host,
    pub(super) port: u16,
}

impl Target {
    /// Checks the URL a model wrote.
    pub fn first(text: &str, settings: &WebFetchSettings) -> Result<Self, FetchError> {
        if text.len() > MAX_URL_BYTES {
            return Err(FetchError::LongUrl);
        }
        Self::checked(Url::parse(text)?, settings)
    }

    /// Checks where a redirect from here leads, with the same rules and never from `https` to `http`.
    pub fn redirected(&self, location: &str, settings: &WebFetchSettings) -> Result<Self, FetchError> {
        if location.len() > MAX_URL_BYTES {
            return Err(FetchError::LongUrl);
        }
        let url = self.url.join(location)?;
        if self.url.scheme() == "https" && url.scheme() == "http" {
            return Err(FetchError::Downgrade);
        }
        Self::checked(url, settings)
    }

    /// The URL that is asked for, without its fragment.
    pub fn url(&self) -> &Url {
        &self.url
    }

    fn checked(mut url: Url, settings: &WebFetchSettings) -> Result<Self, FetchError> {
        match url.scheme() {
            "https" => {}
            "http" if settings.allow_http => {}
            scheme => {
                return Err(FetchError::Scheme {
                    scheme: scheme.to_owned(),
                    allow_http: settings.allow_http,
                });
            }
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::UserInfo);
        }
        let host = url.host().ok_or(FetchError::NoHost)?.to_owned();
        let name = host_text(&host);
        if !settings
            .allowed_hosts
            .iter()
            .any(|pattern| pattern.matches(&name))
        {
            return Err(FetchError::HostNotAllowed(name));
        }
        let port = url.port_or_known_default().ok_or(FetchError::NoHost)?;
        if !matches!(port, 80 | 443) && !settings.extra_ports.contains(&port) {
            return Err(FetchError::PortNotAllowed(port));
        }
        url.set_fragment(None);
        Ok(Self { url, host, port })
    }
}
