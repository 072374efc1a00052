//! The chat models of a process, and who is answered by which.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context, bail};

use crate::{
    agents::registry::AgentRegistry,
    config::{Config, models::ModelName},
    llm::{
        ChatModel, ProviderSettings,
        anthropic::AnthropicModel,
        breaker::BreakerSettings,
        offline::OfflineModel,
        openai::OpenAiModel,
        router::{ModelOverride, ModelRouter, Wish},
    },
};

pub(super) fn openai_settings(config: &Config) -> ProviderSettings {
    ProviderSettings {
        base_url: config.models.openai.base_url.expose().to_owned(),
        api_key: config.models.openai.api_key.clone(),
        request_timeout: config.models.request_timeout(),
        stall_timeout: config.models.stall_timeout(),
    }
}

fn anthropic_settings(config: &Config) -> ProviderSettings {
    ProviderSettings {
        base_url: config.models.anthropic.base_url.expose().to_owned(),
        api_key: config.models.anthropic.api_key.clone(),
        request_timeout: config.models.request_timeout(),
        stall_timeout: config.models.stall_timeout(),
    }
}

/// The configured providers, each behind a breaker of its own.
pub(super) fn router(config: &Config) -> anyhow::Result<ModelRouter> {
    let models = &config.models;
    let mut providers: BTreeMap<String, Arc<dyn ChatModel>> = BTreeMap::new();
    providers.insert("offline".to_owned(), Arc::new(OfflineModel));
    if models.openai.is_configured() {
        let model = OpenAiModel::new(openai_settings(config))?;
        providers.insert("openai".to_owned(), Arc::new(model));
    }
    if models.anthropic.is_configured() {
        let model = AnthropicModel::new(anthropic_settings(config))?;
        providers.insert("anthropic".to_owned(), Arc::new(model));
    }
    let breakers = BreakerSettings {
        failures: models.breaker.failures,
        window: Duration::from_millis(models.breaker.window_ms),
        pause: Duration::from_millis(models.breaker.pause_ms),
    };
    let names = |names: &[ModelName]| names.iter().map(ModelName::to_string).collect();
    let overrides = models.tenants.iter().map(|models| ModelOverride {
        tenant: models.tenant.clone(),
        agents: models.agents.clone(),
        model: models.model.to_string(),
        fallbacks: names(&models.fallbacks),
    });
    ModelRouter::with_breakers(providers, models.default_model().to_string(), breakers)?
        .falling_back(names(&models.fallbacks))
        .context("models.fallbacks")?
        .overriding(overrides.collect())
        .context("models.tenants")
}

/// Checks that every agent's models can be reached, and that models are for agents that exist.
pub(super) fn check(config: &Config, router: &ModelRouter, agents: &AgentRegistry) -> anyhow::Result<()> {
    for agent in agents.all() {
        let wish = Wish {
            tenant: "",
            agent: &agent.name,
            model: &agent.model,
            fallbacks: agent.fallbacks.as_deref(),
        };
        router
            .route(&wish)
            .with_context(|| format!("agent {:?}", agent.name))?;
    }
    for agent in config.models.tenants.iter().flat_map(|models| &models.agents) {
        if agents.get(agent).is_none() {
            bail!("models.tenants: there is no agent {agent:?}");
        }
    }
    Ok(())
}
