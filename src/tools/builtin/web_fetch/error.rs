//! Why a page was not fetched, in words for the model that asked.

use std::net::IpAddr;

use super::{fetch::MAX_REDIRECTS, target::MAX_URL_BYTES};
use crate::tools::{ToolError, text::shorten};

/// Why a page was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("this is not a URL: {0}")]
    BadUrl(#[from] url::ParseError),
    #[error("the URL is longer than {MAX_URL_BYTES} bytes")]
    LongUrl,
    #[error("only {} URLs are fetched, not {scheme:?}", if *.allow_http { "https and http" } else { "https" })]
    Scheme { scheme: String, allow_http: bool },
    #[error("a URL with a user name or password is not fetched")]
    UserInfo,
    #[error("the URL names no host")]
    NoHost,
    #[error("the host {0:?} is not among those that may be fetched from")]
    HostNotAllowed(String),
    #[error("port {0} may not be fetched from")]
    PortNotAllowed(u16),
    #[error("the host {host:?} has the address {address}, which is {range} and may not be fetched from")]
    AddressNotAllowed {
        host: String,
        address: IpAddr,
        range: &'static str,
    },
    #[error("the host {0:?} could not be found")]
    HostNotFound(String, #[source] Option<std::io::Error>),
    #[error("no encrypted connection is possible here: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the server could not be asked: {}", deepest(.0))]
    Connection(#[source] reqwest::Error),
    #[error("the server redirects without saying where to")]
    BadRedirect,
    #[error("the server redirects more than {MAX_REDIRECTS} times")]
    TooManyRedirects,
    #[error("the server redirects from https to http")]
    Downgrade,
    #[error("the answer is {0}, and only text, HTML, XML and JSON are read")]
    ContentType(String),
    #[error("the answer is compressed although that was not asked for")]
    Compressed,
    #[error("the fetch was cut off")]
    Interrupted,
}

impl From<FetchError> for ToolError {
    fn from(error: FetchError) -> Self {
        let message = shorten(&error.to_string(), 300);
        match error {
            FetchError::BadUrl(_) | FetchError::LongUrl => Self::InvalidArguments(message),
            _ => Self::Failed(message),
        }
    }
}

/// The cause at the bottom: the upper layers say only that a request failed.
fn deepest(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
