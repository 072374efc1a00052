//! From sections of the configuration to the parts that run. Agents and their tools: [`roles`]; models: [`models`].

mod models;
mod roles;

pub(crate) use roles::mcp_server;

use std::sync::Arc;

use anyhow::{Context, bail};
use tokio_util::sync::CancellationToken;

use crate::{
    api::http::{HttpSettings, WebSocketSettings},
    config::{Config, Database},
    domain::retry::Backoff,
    engine::{
        Engine, PlannerSettings,
        worker::{Worker, WorkerSettings},
    },
    feed::{
        Feed, LocalLane, RedisLane, RedisLaneSettings,
        doorbell::{Doorbell, Ring},
        lane::{Hint, Lane},
        output::Delta,
    },
    limits::{LocalLimiter, Quota, Quotas, RateLimiter, RedisLimiter},
    llm::{Embedder, offline::OfflineEmbedder, openai::OpenAiEmbedder, prices::PriceBook, router},
    memory::{
        LongTermMemory,
        index::{IndexSettings, MemoryIndex, cpu_is_able},
    },
    services::Services,
    store::{DatabaseLocation, Store, StoreSettings},
};

/// Changes of a collection after which its vectors are written.
const SAVE_AFTER_CHANGES: usize = 1_000;

/// What the ways in and the worker share.
pub(super) struct Parts {
    pub(super) services: Services,
    pub(super) worker: Worker,
    pub(super) memory: LongTermMemory,
}

/// What would harm the operator.
pub(super) fn refuse_unsafe(config: &Config) -> anyhow::Result<()> {
    if !cpu_is_able() {
        bail!(
            "this program was built for processors with AVX2, FMA, F16C and POPCNT, and this one lacks some of them"
        );
    }
    let server = &config.server;
    if server.roles.api && server.listens_on_network() && !server.allow_open_on_network {
        bail!(
            "the API asks for no credentials, and others can reach {}: listen on 127.0.0.1, or set \
             ORCHESTRATOR_ALLOW_OPEN_ON_NETWORK=true if something in front of it keeps strangers out",
            server.listen
        );
    }
    Ok(())
}

/// Opens the store and everything on top of it.
pub(super) async fn parts(config: &Config, background: &CancellationToken) -> anyhow::Result<Parts> {
    let worker_id = worker_id();
    let store = open_store(config).await?;
    let limiter = limiter(config)?;
    let feed = feed(config, &worker_id, &store, background)?;
    let prices = Arc::new(price_book(config)?);
    let memory = long_term_memory(config, &store, &prices)?;
    let tools = Arc::new(roles::tool_registry(config)?);
    let agents = Arc::new(roles::agent_registry(config, &tools)?);
    let engine = Engine {
        store: store.clone(),
        feed: feed.clone(),
        memory: memory.clone(),
        models: models::router(config)?,
        prices: Arc::clone(&prices),
        tools: Arc::clone(&tools),
        agents: Arc::clone(&agents),
        planner: planner_settings(config),
    };
    models::check(config, &engine.models, &agents)?;
    let (planner, planner_model) = engine
        .models
        .resolve(&engine.planner.model)
        .context("planner.model")?;
    let planner_model = format!("{}/{planner_model}", planner.provider());
    let worker = Worker {
        store: store.clone(),
        feed: feed.clone(),
        work: Arc::new(engine),
        settings: Arc::new(worker_settings(config, worker_id)),
    };
    let services = Services {
        store,
        feed,
        memory: memory.clone(),
        limiter,
        agents,
        tools,
        prices,
        planner_model,
        max_attempts: i32::try_from(config.engine.max_attempts).unwrap_or(i32::MAX),
        max_search_results: config.memory.max_results,
    };
    Ok(Parts {
        services,
        worker,
        memory,
    })
}

/// Connects, and brings the schema up to date.
pub(super) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let database = match config.storage.database() {
        Database::Sqlite(path) => DatabaseLocation::Sqlite(path),
        Database::Postgres(url) => DatabaseLocation::Postgres(url.expose().to_owned()),
    };
    let settings = StoreSettings {
        database,
        max_connections: config.storage.max_connections,
        acquire_timeout: config.storage.acquire_timeout(),
        statement_timeout: config.storage.statement_timeout(),
    };
    // Displayed without its password.
    let shown = config.storage.database();
    let store = Store::open(&settings)
        .await
        .with_context(|| format!("cannot open the database {shown}"))?;
    store
        .migrate()
        .await
        .with_context(|| format!("cannot bring the database {shown} up to date"))?;
    Ok(store)
}

pub(super) fn http_settings(config: &Config) -> HttpSettings {
    HttpSettings {
        max_body: config.server.max_body_bytes,
        request_timeout: config.server.request_timeout(),
        // Open to this machine means to nobody else, pages in its browsers included.
        loopback_names_only: !config.server.listens_on_network() && !config.server.allow_open_on_network,
        websocket: WebSocketSettings::default(),
    }
}

/// Where hints go through Redis; None: they stay in this process.
fn lane_settings(config: &Config, origin: &str) -> Option<RedisLaneSettings> {
    Some(RedisLaneSettings {
        url: config.redis.url.as_ref()?.expose().to_owned(),
        prefix: config.redis.prefix.clone(),
        timeout: config.redis.timeout(),
        origin: origin.to_owned(),
    })
}

fn feed(
    config: &Config,
    origin: &str,
    store: &Store,
    background: &CancellationToken,
) -> anyhow::Result<Feed> {
    let (doorbell, output): (Arc<dyn Doorbell>, Arc<dyn Lane<Delta>>) = match lane_settings(config, origin) {
        None => (
            Arc::new(LocalLane::<Ring>::default()),
            Arc::new(LocalLane::<Delta>::default()),
        ),
        Some(settings) => (
            Arc::new(redis_lane::<Ring>(settings.clone(), background)?),
            Arc::new(redis_lane::<Delta>(settings, background)?),
        ),
    };
    Ok(Feed::start(store.clone(), doorbell, output, background.clone()))
}

fn redis_lane<T: Hint>(
    settings: RedisLaneSettings,
    background: &CancellationToken,
) -> anyhow::Result<RedisLane<T>> {
    RedisLane::start(settings, background).context("REDIS_URL cannot be used")
}

fn limiter(config: &Config) -> anyhow::Result<Arc<dyn RateLimiter>> {
    let quotas = quotas(config);
    let Some(url) = &config.redis.url else {
        return Ok(Arc::new(LocalLimiter::new(&quotas)));
    };
    let (prefix, timeout) = (config.redis.prefix.clone(), config.redis.timeout());
    let limiter = RedisLimiter::new(url.expose(), prefix, timeout, quotas);
    Ok(Arc::new(limiter.context("REDIS_URL cannot be used")?))
}

fn quotas(config: &Config) -> Quotas {
    let limits = &config.limits;
    let quota = |rate: &crate::config::limits::Rate| {
        limits.enabled.then_some(Quota {
            per_minute: rate.per_minute,
            burst: rate.burst,
        })
    };
    Quotas {
        submit_task: quota(&limits.submit_task),
        search_memory: quota(&limits.search_memory),
    }
}

fn price_book(config: &Config) -> anyhow::Result<PriceBook> {
    let Some(path) = &config.models.prices_file else {
        return Ok(PriceBook::builtin()?);
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the prices {}", path.display()))?;
    PriceBook::with_override(&text).with_context(|| format!("in the prices {}", path.display()))
}

fn long_term_memory(
    config: &Config,
    store: &Store,
    prices: &Arc<PriceBook>,
) -> anyhow::Result<LongTermMemory> {
    let openai = &config.models.openai;
    let embedder: Arc<dyn Embedder> = match &openai.embedding_model {
        Some(model) if config.embeds_with_openai() => Arc::new(OpenAiEmbedder::new(
            models::openai_settings(config),
            model,
            openai.embedding_dimension,
        )?),
        _ => Arc::new(OfflineEmbedder),
    };
    let index = MemoryIndex::new(IndexSettings {
        directory: config
            .memory
            .save_index
            .then(|| config.storage.data_dir.join("faiss")),
        dimension: embedder.dimension(),
        embedder_id: embedder.id().to_owned(),
        max_open_collections: config.memory.max_open_collections,
        save_after_changes: SAVE_AFTER_CHANGES,
    })?;
    Ok(LongTermMemory::new(
        store.clone(),
        embedder,
        index,
        Arc::clone(prices),
    ))
}

fn planner_settings(config: &Config) -> PlannerSettings {
    PlannerSettings {
        model: match &config.planner.model {
            Some(name) => name.to_string(),
            None => router::DEFAULT.to_owned(),
        },
        max_output_tokens: config.planner.max_output_tokens,
    }
}

fn worker_settings(config: &Config, worker_id: String) -> WorkerSettings {
    let engine = &config.engine;
    WorkerSettings {
        worker_id,
        concurrency: engine.concurrency,
        claim_batch: engine.claim_batch as usize,
        lease: engine.lease(),
        heartbeat: engine.heartbeat(),
        poll: engine.poll(),
        step_timeout: engine.step_timeout(),
        backoff: Backoff {
            base: engine.retry_base(),
            max: engine.retry_max(),
        },
        drain: config.server.drain(),
    }
}

/// Names this process among its like: host, process, and a random part for hosts that share names.
fn worker_id() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    let host = if host.is_empty() { "host" } else { host };
    format!("{host}-{}-{:08x}", std::process::id(), rand::random::<u32>())
}
