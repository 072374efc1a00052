//! Finds the chat model that an agent's model string means.
//!
//! To add a provider: put it into the map that [`ModelRouter::new`] gets (`src/app.rs` does), and what turns it on
//! into `how_to_configure`.

use std::{collections::BTreeMap, sync::Arc};

use super::{ChatModel, LlmError, offline};

/// What agents write for the configured default model.
pub const DEFAULT: &str = "default";

/// The configured providers by name, and the model of agents that name none.
#[derive(Clone)]
pub struct ModelRouter {
    providers: BTreeMap<String, Arc<dyn ChatModel>>,
    default: String,
}

impl ModelRouter {
    /// A router over the providers. `default` is `PROVIDER/MODEL` or `offline`, and must be reachable.
    pub fn new(
        providers: BTreeMap<String, Arc<dyn ChatModel>>,
        default: impl Into<String>,
    ) -> Result<Self, LlmError> {
        let router = Self {
            providers,
            default: default.into(),
        };
        if router.default == DEFAULT {
            return Err(LlmError::NotConfigured(
                "the default model must be named as PROVIDER/MODEL".to_owned(),
            ));
        }
        router.resolve(DEFAULT)?;
        Ok(router)
    }

    /// The provider and its name of the model for `default`, `offline` or `PROVIDER/MODEL`. A model's name may have
    /// slashes of its own: the provider ends at the first.
    pub fn resolve(&self, model: &str) -> Result<(Arc<dyn ChatModel>, String), LlmError> {
        let wanted = match model.trim() {
            "" | DEFAULT => self.default.trim(),
            named => named,
        };
        let (provider, name) = match wanted.split_once('/') {
            Some((provider, name)) if !provider.is_empty() && !name.is_empty() => (provider, name),
            None if wanted == offline::PROVIDER => (offline::PROVIDER, offline::MODEL),
            _ => {
                return Err(LlmError::NotConfigured(format!(
                    "{wanted:?} names no model: write PROVIDER/MODEL, for instance openai/gpt-4o-mini"
                )));
            }
        };
        match self.providers.get(provider) {
            Some(found) => Ok((Arc::clone(found), name.to_owned())),
            None => Err(LlmError::NotConfigured(format!(
                "the model {wanted:?} needs the provider {provider:?}: {}",
                self.how_to_configure(provider)
            ))),
        }
    }

    fn how_to_configure(&self, provider: &str) -> String {
        match provider {
            "openai" => "set OPENAI_API_KEY, or OPENAI_BASE_URL for a compatible server".to_owned(),
            "anthropic" => "set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for a gateway".to_owned(),
            _ => {
                let known = self
                    .providers
                    .keys()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(", ");
                format!("the configured ones are {known}")
            }
        }
    }
}

impl std::fmt::Debug for ModelRouter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ModelRouter")
            .field("providers", &self.providers.keys().collect::<Vec<_>>())
            .field("default", &self.default)
            .finish()
    }
}
