//! Configuration: one section per file, four layers, each over the one before it:
//! defaults, `orchestrator.toml`, environment variables, command-line flags.
//!
//! To add a key: a field with its default and a doc sentence in its section, its range in the section's `check`,
//! a line in `orchestrator.example.toml` (a test compares the two), and, where it should have one, a variable in
//! the section's `VARIABLES`. To add a section: a file, a field of [`Config`], and a line each in
//! `Config::check` and `environment.rs`.
//!
//! Nothing here reads the process environment: it is handed in with [`Sources`].
//!
//! May use: nothing of ours.

pub mod agents;
pub mod engine;
mod environment;
pub mod error;
mod file;
pub mod layers;
pub mod limits;
pub mod log;
pub mod memory;
pub mod models;
pub mod planner;
pub mod providers;
pub mod redis;
mod render;
pub mod routing;
pub mod secret;
pub mod server;
pub mod sources;
pub mod storage;
mod suggest;
pub mod template;
pub mod tools;
mod values;

use serde::{Deserialize, Serialize};

pub use error::ConfigError;
pub use layers::{Origin, Origins};
pub use secret::SecretUrl;
pub use sources::{Flags, Sources};
pub use storage::Database;

use error::Invalid;

/// The effective configuration of one process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[server]`: where the API listens and what the process does.
    pub server: server::ServerConfig,
    /// `[storage]`: the database and the data folder.
    pub storage: storage::StorageConfig,
    /// `[redis]`: the doorbell and the rate limits of a fleet.
    pub redis: redis::RedisConfig,
    /// `[models]`: chat models and embedders.
    pub models: models::ModelsConfig,
    /// `[planner]`: who makes plans.
    pub planner: planner::PlannerConfig,
    /// `[agents]`: who can be given steps.
    pub agents: agents::AgentsConfig,
    /// `[tools]`: what tools may reach.
    pub tools: tools::ToolsConfig,
    /// `[limits]`: how often a user may ask.
    pub limits: limits::LimitsConfig,
    /// `[engine]`: how workers claim and run steps.
    pub engine: engine::EngineConfig,
    /// `[memory]`: long-term memory and its index.
    pub memory: memory::MemoryConfig,
    /// `[log]`: what is logged, and how.
    pub log: log::LogConfig,
    /// Where each key got its value; a key that is not in here has its default.
    #[serde(skip)]
    pub origins: Origins,
}

impl Config {
    /// Puts the layers together and checks the result. Stops at the first problem.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let shape = values::shape();
        let mut found = environment::read(&sources.env, &shape)?;
        let mut layers = Vec::new();
        layers.extend(file::read(&file::find(sources, found.file.take()))?);
        layers.append(&mut found.layers);
        layers.extend(sources.flags.layers()?);
        let mut config = layers::merge(layers, &shape)?;
        config
            .tools
            .resolve(&sources.env)
            .and_then(|()| config.check())
            .map_err(|invalid| invalid.located(&values::of(&config), &shape, &config.origins))?;
        Ok(config)
    }

    /// Whether texts are embedded by OpenAI; otherwise by the offline embedder.
    pub fn embeds_with_openai(&self) -> bool {
        match self.memory.embedder {
            memory::Embedder::Offline => false,
            memory::Embedder::Openai => true,
            memory::Embedder::Auto => {
                self.models.openai.is_configured() && self.models.openai.embedding_model.is_some()
            }
        }
    }

    /// The configuration as TOML, with a comment on every key that says where its value came from.
    /// Secrets are replaced by `***`, also the passwords inside URLs.
    pub fn render(&self) -> String {
        render::render(self)
    }

    fn check(&self) -> Result<(), Invalid> {
        self.server.check()?;
        self.storage.check()?;
        self.redis.check()?;
        self.models.check()?;
        self.planner.check()?;
        self.tools.check()?;
        self.limits.check()?;
        self.engine.check()?;
        self.memory.check()?;
        self.log.check()?;
        self.check_embedder()
    }

    fn check_embedder(&self) -> Result<(), Invalid> {
        let openai = &self.models.openai;
        if self.memory.embedder == memory::Embedder::Openai
            && (openai.embedding_model.is_none() || !openai.is_configured())
        {
            return Err(Invalid::new(
                "memory.embedder",
                "`models.openai.embedding_model` and OPENAI_API_KEY (or OPENAI_BASE_URL) to be set for it",
            ));
        }
        Ok(())
    }
}
