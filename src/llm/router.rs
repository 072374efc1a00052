//! Finds the chat models that an agent's model string means, for whom it works.
//!
//! To add a provider: put it into the map that [`ModelRouter::new`] gets (`src/app/build/models.rs` does), and what turns it on
//! into `how_to_configure`.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    ChatModel, LlmError,
    breaker::BreakerSettings,
    offline,
    route::{Candidate, Provider, Route},
};

/// What agents write for the configured default model.
pub const DEFAULT: &str = "default";

/// The configured providers by name, the model of agents that name none, and what tenants have in their place.
#[derive(Clone)]
pub struct ModelRouter {
    providers: BTreeMap<String, Arc<Provider>>,
    default: String,
    fallbacks: Vec<String>,
    overrides: Vec<ModelOverride>,
}

/// Who asks, and the models they would have.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    pub tenant: &'a str,
    pub agent: &'a str,
    /// `default`, `offline` or `PROVIDER/MODEL`.
    pub model: &'a str,
    /// The same, in the order they are asked when the model does not answer; `None`: those of the configuration.
    pub fallbacks: Option<&'a [String]>,
}

/// Models a tenant has in the place of those its agents name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelOverride {
    pub tenant: String,
    /// Only these agents; empty: all.
    pub agents: Vec<String>,
    pub model: String,
    pub fallbacks: Vec<String>,
}

impl ModelRouter {
    /// A router over the providers. `default` is `PROVIDER/MODEL` or `offline`, and must be reachable.
    pub fn new(
        providers: BTreeMap<String, Arc<dyn ChatModel>>,
        default: impl Into<String>,
    ) -> Result<Self, LlmError> {
        Self::with_breakers(providers, default, BreakerSettings::default())
    }

    /// The same with breakers that open when told.
    pub fn with_breakers(
        providers: BTreeMap<String, Arc<dyn ChatModel>>,
        default: impl Into<String>,
        breakers: BreakerSettings,
    ) -> Result<Self, LlmError> {
        let behind_breaker = |(name, model)| (name, Arc::new(Provider::new(model, breakers)));
        let router = Self {
            providers: providers.into_iter().map(behind_breaker).collect(),
            default: default.into(),
            fallbacks: Vec::new(),
            overrides: Vec::new(),
        };
        if router.default == DEFAULT {
            return Err(LlmError::NotConfigured(
                "the default model must be named as PROVIDER/MODEL".to_owned(),
            ));
        }
        router.candidate(DEFAULT)?;
        Ok(router)
    }

    /// Models to ask for agents that name no fallbacks; each must be reachable.
    pub fn falling_back(mut self, fallbacks: Vec<String>) -> Result<Self, LlmError> {
        for model in &fallbacks {
            self.candidate(model)?;
        }
        self.fallbacks = fallbacks;
        Ok(self)
    }

    /// Models of tenants; of those that fit a wish the first counts. Each model must be reachable.
    pub fn overriding(mut self, overrides: Vec<ModelOverride>) -> Result<Self, LlmError> {
        for models in &overrides {
            for model in std::iter::once(&models.model).chain(&models.fallbacks) {
                self.candidate(model)?;
            }
        }
        self.overrides = overrides;
        Ok(self)
    }

    /// The models for a wish, in the order they are asked.
    pub fn route(&self, wish: &Wish<'_>) -> Result<Route, LlmError> {
        let fits = |models: &&ModelOverride| {
            models.tenant == wish.tenant
                && (models.agents.is_empty() || models.agents.iter().any(|agent| agent == wish.agent))
        };
        let (model, fallbacks) = match self.overrides.iter().find(fits) {
            Some(models) => (models.model.as_str(), models.fallbacks.as_slice()),
            None => (wish.model, wish.fallbacks.unwrap_or(&self.fallbacks)),
        };
        let fallbacks: Result<Vec<Candidate>, LlmError> =
            fallbacks.iter().map(|model| self.candidate(model)).collect();
        Ok(Route::new(self.candidate(model)?, fallbacks?))
    }

    /// The provider and its name of the model for `default`, `offline` or `PROVIDER/MODEL`. A model's name may have
    /// slashes of its own: the provider ends at the first.
    pub fn resolve(&self, model: &str) -> Result<(Arc<dyn ChatModel>, String), LlmError> {
        let (provider, name) = self.find(model)?;
        Ok((Arc::clone(&provider.model), name))
    }

    fn candidate(&self, model: &str) -> Result<Candidate, LlmError> {
        let (provider, name) = self.find(model)?;
        Ok(Candidate::new(Arc::clone(provider), name))
    }

    fn find(&self, model: &str) -> Result<(&Arc<Provider>, String), LlmError> {
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
            Some(found) => Ok((found, name.to_owned())),
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
