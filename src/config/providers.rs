//! `[models.openai]` and `[models.anthropic]`: where model providers are and how they are paid.
//!
//! To add a provider: a section here, a field of `ModelsConfig`, its name in `PROVIDERS` in `models.rs`.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::secret::{SecretUrl, api_key, hide};

pub(super) const VARIABLES: &[(&str, &str)] = &[
    ("OPENAI_API_KEY", "models.openai.api_key"),
    ("OPENAI_BASE_URL", "models.openai.base_url"),
    ("OPENAI_MODEL", "models.openai.model"),
    ("ANTHROPIC_API_KEY", "models.anthropic.api_key"),
    ("ANTHROPIC_BASE_URL", "models.anthropic.base_url"),
    ("ANTHROPIC_MODEL", "models.anthropic.model"),
];

/// Where OpenAI itself answers.
pub const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";

/// Where Anthropic itself answers.
pub const ANTHROPIC_BASE_URL: &str = "https://api.anthropic.com";

/// `[models.openai]`: OpenAI, or a server that speaks its protocol.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpenAiConfig {
    /// The API key. Not set: none is sent. Read from `OPENAI_API_KEY`.
    #[serde(deserialize_with = "api_key", serialize_with = "hide")]
    pub api_key: Option<SecretString>,
    /// Address of the API up to its version. Default `https://api.openai.com/v1`. Read from `OPENAI_BASE_URL`.
    pub base_url: BaseUrl,
    /// Chat model that is used when `models.default` is not set. Default `gpt-4o-mini`. Read from `OPENAI_MODEL`.
    pub model: String,
    /// Embedding model, for instance `text-embedding-3-small`. Not set: texts are embedded offline.
    #[serde(deserialize_with = "super::values::optional")]
    pub embedding_model: Option<String>,
    /// Length of that model's vectors. Default 1536.
    pub embedding_dimension: usize,
}

impl Default for OpenAiConfig {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: BaseUrl(SecretUrl::open(OPENAI_BASE_URL)),
            model: "gpt-4o-mini".to_owned(),
            embedding_model: None,
            embedding_dimension: 1_536,
        }
    }
}

impl OpenAiConfig {
    /// Whether there is something to call: a key, or an address other than OpenAI's own, which may need none.
    pub fn is_configured(&self) -> bool {
        self.api_key.is_some() || self.base_url.expose() != OPENAI_BASE_URL
    }
}

/// `[models.anthropic]`: Anthropic, or a gateway that speaks its protocol.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnthropicConfig {
    /// The API key. Not set: none is sent. Read from `ANTHROPIC_API_KEY`.
    #[serde(deserialize_with = "api_key", serialize_with = "hide")]
    pub api_key: Option<SecretString>,
    /// Address of the API without its version. Default `https://api.anthropic.com`. Read from `ANTHROPIC_BASE_URL`.
    pub base_url: BaseUrl,
    /// Chat model that is used when neither `models.default` is set nor OpenAI configured. Default `claude-haiku-4-5`.
    /// Read from `ANTHROPIC_MODEL`.
    pub model: String,
}

impl Default for AnthropicConfig {
    fn default() -> Self {
        Self {
            api_key: None,
            base_url: BaseUrl(SecretUrl::open(ANTHROPIC_BASE_URL)),
            model: "claude-haiku-4-5".to_owned(),
        }
    }
}

impl AnthropicConfig {
    /// Whether there is something to call: a key, or an address other than Anthropic's own, which may need none.
    pub fn is_configured(&self) -> bool {
        self.api_key.is_some() || self.base_url.expose() != ANTHROPIC_BASE_URL
    }
}

/// Address of an HTTP API, without a slash at its end. A password or token in it is hidden when it is printed.
#[derive(Clone, Debug)]
pub struct BaseUrl(SecretUrl);

impl BaseUrl {
    /// The address with its secrets.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl Serialize for BaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let text = text.trim().trim_end_matches('/');
        SecretUrl::parse(
            text,
            &["https", "http"],
            "a URL that begins with `https://` or `http://`",
        )
        .map(Self)
        .map_err(D::Error::custom)
    }
}
