//! `[models.breaker]` and `[[models.tenants]]`: which model is asked when, and for whom.

use serde::{Deserialize, Serialize};

use super::{
    error::{Invalid, within},
    models::ModelName,
};

/// Most models that are asked when another does not answer.
const MAX_FALLBACKS: usize = 8;

/// Most tables of tenants' models.
const MAX_TENANTS: usize = 1_000;

/// `[models.breaker]`: when a provider that fails is left alone, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerConfig {
    /// Failures in a row after which it is, 0 to 1000; 0 means never. Default 5.
    pub failures: u32,
    /// Within how many milliseconds they must come, 1 to 3600000. Default 60000.
    pub window_ms: u64,
    /// For how many milliseconds, 1 to 3600000; longer where the provider asks for it. Default 10000.
    pub pause_ms: u64,
}

/// `[[models.tenants]]`: the models of one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantModels {
    /// Whose.
    pub tenant: String,
    /// Which of its agents. Default all.
    #[serde(default)]
    pub agents: Vec<String>,
    /// The model in the place of the one the agent names, as `PROVIDER/MODEL`.
    pub model: ModelName,
    /// Models asked in order when that one does not answer. Default none.
    #[serde(default)]
    pub fallbacks: Vec<ModelName>,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            failures: 5,
            window_ms: 60_000,
            pause_ms: 10_000,
        }
    }
}

impl BreakerConfig {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        within("models.breaker.failures", self.failures, 0..=1_000)?;
        within("models.breaker.window_ms", self.window_ms, 1..=3_600_000)?;
        within("models.breaker.pause_ms", self.pause_ms, 1..=3_600_000)
    }
}

/// Checks what can be checked without the providers.
pub(super) fn check(fallbacks: &[ModelName], tenants: &[TenantModels]) -> Result<(), Invalid> {
    let too_many = |models: &[ModelName]| models.len() > MAX_FALLBACKS;
    if too_many(fallbacks) {
        let expected = format!("at most {MAX_FALLBACKS} models");
        return Err(Invalid::new("models.fallbacks", expected));
    }
    let refused = |expected: String| Err(Invalid::new("models.tenants", expected));
    if tenants.len() > MAX_TENANTS {
        return refused(format!("at most {MAX_TENANTS} tables"));
    }
    for models in tenants {
        if models.tenant.trim().is_empty() {
            return refused("each table to name its `tenant`".to_owned());
        }
        if too_many(&models.fallbacks) {
            return refused(format!(
                "at most {MAX_FALLBACKS} fallbacks for the tenant {:?}",
                models.tenant
            ));
        }
    }
    Ok(())
}
