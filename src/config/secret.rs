//! Values that must not be shown: API keys, and URLs that may carry a password.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserializer, Serialize, Serializer};
use url::Url;

use super::values::optional;

/// What stands in the place of a secret.
pub const HIDDEN: &str = "***";

/// Words in the names of query parameters whose values are hidden.
const SECRET_WORDS: [&str; 5] = ["pass", "secret", "token", "key", "sig"];

/// A URL whose password, if it has one, is never printed: `Debug`, `Display` and serialization show
/// `postgres://user:***@host/database`.
#[derive(Clone)]
pub struct SecretUrl {
    full: SecretString,
    shown: String,
}

/// Why a text is not a URL of the kind that is wanted. `wanted` says what it should look like.
/// The text itself is not shown: it may be a secret in the wrong place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("{wanted}, which this is not ({reason})")]
    NotAUrl {
        wanted: &'static str,
        reason: url::ParseError,
    },
    #[error("{wanted}, not the scheme `{scheme}`")]
    Scheme { wanted: &'static str, scheme: String },
    #[error("{wanted}, with `@ / ? #` inside a user name or password written as `%40 %2F %3F %23`")]
    Unescaped { wanted: &'static str },
}

impl SecretUrl {
    /// Reads a URL with one of the schemes.
    pub fn parse(text: &str, schemes: &[&str], wanted: &'static str) -> Result<Self, UrlError> {
        let url = Url::parse(text).map_err(|reason| UrlError::NotAUrl { wanted, reason })?;
        if !schemes.contains(&url.scheme()) {
            return Err(UrlError::Scheme {
                wanted,
                scheme: url.scheme().to_owned(),
            });
        }
        // An `@` behind the host is the end of a password that was cut by one of `/ ? #`: it would be printed.
        let cut = url.path().contains('@') || url.query().is_some_and(|query| query.contains('@'));
        if cut || url.fragment().is_some() {
            return Err(UrlError::Unescaped { wanted });
        }
        Ok(Self {
            shown: redact(url),
            full: SecretString::from(text),
        })
    }

    /// A URL of this program's own, without secrets.
    pub(super) fn open(text: &str) -> Self {
        Self {
            full: SecretString::from(text),
            shown: text.to_owned(),
        }
    }

    /// The URL with its password, as it was written.
    pub fn expose(&self) -> &str {
        self.full.expose_secret()
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.shown)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretUrl({})", self.shown)
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.shown)
    }
}

/// Deserializes an API key; a blank one counts as not set.
pub(super) fn api_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(optional::<D, String>(deserializer)?.map(SecretString::from))
}

/// Serializes an API key as [`HIDDEN`].
pub(super) fn hide<S: Serializer>(key: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    key.as_ref().map(|_| HIDDEN).serialize(serializer)
}

fn redact(mut url: Url) -> String {
    // The setters refuse URLs without a host, which have no user either.
    if url.password().is_some() {
        let _ = url.set_password(Some(HIDDEN));
    } else if !url.username().is_empty() && !url.scheme().starts_with("postgres") {
        // Outside Postgres a user without a password is as a rule a token, or a password in its place.
        let _ = url.set_username(HIDDEN);
    }
    if let Some(query) = url.query() {
        let pairs: Vec<String> = query.split('&').map(redact_pair).collect();
        url.set_query(Some(&pairs.join("&")));
    }
    // An address without a path is shown as it was written, without the slash that parsing adds.
    let shown = String::from(url);
    shown.strip_suffix('/').map(str::to_owned).unwrap_or(shown)
}

fn redact_pair(pair: &str) -> String {
    let name = pair.split('=').next().unwrap_or(pair);
    let secret = SECRET_WORDS.iter().any(|word| name.to_lowercase().contains(word));
    if secret {
        format!("{name}={HIDDEN}")
    } else {
        pair.to_owned()
    }
}
