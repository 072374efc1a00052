//! `[models]`: the chat models and embedders that can be reached, and the one that is used by default.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    error::{Invalid, within},
    providers::{AnthropicConfig, OpenAiConfig},
    routing::{self, BreakerConfig, TenantModels},
    values::optional,
};

pub(super) const VARIABLES: &[(&str, &str)] = &[("ORCHESTRATOR_MODEL", "models.default")];

/// The providers a model name may begin with.
const PROVIDERS: [&str; 3] = ["openai", "anthropic", "offline"];

/// Providers and what is common to them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelsConfig {
    /// Model of the agents that name none, as `PROVIDER/MODEL`; the providers are `openai`, `anthropic`, `offline`.
    /// Not set: see [`ModelsConfig::default_model`]. Read from `ORCHESTRATOR_MODEL`.
    #[serde(deserialize_with = "optional")]
    pub default: Option<ModelName>,
    /// Models that are asked, in order, when an agent's own does not answer and the agent names no fallbacks of its own.
    /// Default none.
    pub fallbacks: Vec<ModelName>,
    /// `[models.breaker]`: when a provider that fails is left alone.
    pub breaker: BreakerConfig,
    /// `[[models.tenants]]`: models that tenants have in the place of those their agents name. Of those that fit an agent
    /// the first counts. Default none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<TenantModels>,
    /// OpenAI, or a server that speaks its protocol.
    pub openai: OpenAiConfig,
    /// Anthropic, or a gateway that speaks its protocol.
    pub anthropic: AnthropicConfig,
    /// How long one model call may take, in milliseconds. Default 120000.
    pub request_timeout_ms: u64,
    /// How long a streamed answer may pause, in milliseconds. Default 30000.
    pub stall_timeout_ms: u64,
    /// A TOML file of prices that come before the built-in ones. Not set: only the built-in ones.
    #[serde(deserialize_with = "optional")]
    pub prices_file: Option<PathBuf>,
}

impl Default for ModelsConfig {
    fn default() -> Self {
        Self {
            default: None,
            fallbacks: Vec::new(),
            breaker: BreakerConfig::default(),
            tenants: Vec::new(),
            openai: OpenAiConfig::default(),
            anthropic: AnthropicConfig::default(),
            request_timeout_ms: 120_000,
            stall_timeout_ms: 30_000,
            prices_file: None,
        }
    }
}

impl ModelsConfig {
    /// The model of the agents that name none: the configured one; else OpenAI's, else Anthropic's, when a key or
    /// another address is given; else the offline model.
    pub fn default_model(&self) -> ModelName {
        match &self.default {
            Some(name) => name.clone(),
            None if self.openai.is_configured() => ModelName::new("openai", &self.openai.model),
            None if self.anthropic.is_configured() => ModelName::new("anthropic", &self.anthropic.model),
            None => ModelName::new("offline", "offline-1"),
        }
    }

    /// How long one model call may take.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// How long a streamed answer may pause.
    pub fn stall_timeout(&self) -> Duration {
        Duration::from_millis(self.stall_timeout_ms)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        within(
            "models.request_timeout_ms",
            self.request_timeout_ms,
            1_000..=3_600_000,
        )?;
        within(
            "models.stall_timeout_ms",
            self.stall_timeout_ms,
            1_000..=self.request_timeout_ms,
        )?;
        self.breaker.check()?;
        routing::check(&self.fallbacks, &self.tenants)?;
        if self.openai.model.trim().is_empty() {
            return Err(Invalid::new("models.openai.model", "the name of a model"));
        }
        if self.anthropic.model.trim().is_empty() {
            return Err(Invalid::new("models.anthropic.model", "the name of a model"));
        }
        let wanted = match self.default.as_ref().map(|name| name.provider.as_str()) {
            Some("openai") if !self.openai.is_configured() => {
                "OPENAI_API_KEY or OPENAI_BASE_URL to be set for this provider"
            }
            Some("anthropic") if !self.anthropic.is_configured() => {
                "ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL to be set for this provider"
            }
            _ => return Ok(()),
        };
        Err(Invalid::new("models.default", wanted))
    }
}

/// A model and who runs it, written `PROVIDER/MODEL`. The model may contain further slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelName {
    /// `openai`, `anthropic` or `offline`.
    pub provider: String,
    /// The provider's name of the model.
    pub model: String,
}

/// A text that is no [`ModelName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PROVIDER/MODEL with the provider `openai`, `anthropic` or `offline`")]
pub struct ModelNameError;

impl ModelName {
    fn new(provider: &str, model: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
        }
    }
}

impl FromStr for ModelName {
    type Err = ModelNameError;

    fn from_str(text: &str) -> Result<Self, ModelNameError> {
        match text.split_once('/') {
            Some((provider, model)) if PROVIDERS.contains(&provider) && !model.trim().is_empty() => {
                Ok(Self::new(provider, model))
            }
            _ => Err(ModelNameError),
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.provider, self.model)
    }
}

impl<'de> Deserialize<'de> for ModelName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.trim().parse().map_err(D::Error::custom)
    }
}

impl Serialize for ModelName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
