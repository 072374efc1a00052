//! The composition root: the only place that knows everything. Builds a process from its configuration, runs it, and
//! winds it down. Tests build the same.

use crate::domain::causes::in_one_line;
use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

mod build;
mod data_dir;

use crate::{
    api::http::{self, HttpState},
    config::Config,
    engine::worker::Worker,
    memory::LongTermMemory,
    services::Services,
};
pub(crate) use build::mcp_server;
use data_dir::DataDir;

/// How often the vectors are written to their files.
const SAVE_INTERVAL: Duration = Duration::from_secs(60);

/// A process, ready to run.
pub struct App {
    listener: TcpListener,
    http: HttpState,
    /// None without the `worker` role.
    worker: Option<Worker>,
    memory: LongTermMemory,
    serves_api: bool,
    save_index: bool,
    drain: Duration,
    /// Ends what runs behind the services; cancelled last.
    background: CancellationToken,
    /// Holds the data folder's lock.
    _data_dir: DataDir,
}

impl App {
    /// Opens everything: the data folder, the database with its migrations, the models, the port.
    pub async fn build(config: &Config, metrics: PrometheusHandle) -> anyhow::Result<Self> {
        build::refuse_unsafe(config)?;
        let data_dir = DataDir::open(config)?;
        let background = CancellationToken::new();
        let parts = build::parts(config, &background).await?;
        let listener = TcpListener::bind(config.server.listen)
            .await
            .with_context(|| format!("cannot listen on {}", config.server.listen))?;
        let schema = crate::api::graphql::schema().finish();
        Ok(Self {
            listener,
            http: HttpState::new(parts.services, schema, metrics, build::http_settings(config)),
            memory: parts.memory,
            worker: config.server.roles.worker.then_some(parts.worker),
            serves_api: config.server.roles.api,
            save_index: config.memory.save_index,
            drain: config.server.drain(),
            background,
            _data_dir: data_dir,
        })
    }

    /// Where the process listens; the real port where 0 was asked for.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The use cases, for commands and tests.
    pub fn services(&self) -> &Services {
        &self.http.services
    }

    /// Runs until `stop`, then winds down: no new work, what is under way within the drain time, the vectors saved.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let Self {
            listener,
            http,
            worker,
            memory,
            serves_api,
            save_index,
            drain,
            background,
            _data_dir,
        } = self;
        let running = TaskTracker::new();
        // A worker that breaks down cancels `stop`: the process ends, and says so.
        let working = worker.map(|worker| running.spawn(worker.run(stop.clone())));
        if save_index {
            let (memory, stop) = (memory.clone(), stop.clone());
            running.spawn(async move { stop.run_until_cancelled(save_regularly(memory)).await });
        }
        running.close();
        let sockets = Arc::clone(&http.sockets);
        let router = if serves_api {
            http::router(http)
        } else {
            http::operations_router(http)
        };
        let served = http::serve(listener, router, &sockets, stop.clone(), drain).await;
        stop.cancel();
        running.wait().await;
        background.cancel();
        if save_index {
            save(&memory).await;
        }
        if let Some(working) = working {
            working.await.context("the worker broke off")??;
        }
        served.context("the server broke off")
    }
}

async fn save_regularly(memory: LongTermMemory) {
    let mut round = tokio::time::interval(SAVE_INTERVAL);
    loop {
        round.tick().await;
        save(&memory).await;
    }
}

async fn save(memory: &LongTermMemory) {
    if let Err(error) = memory.save().await {
        tracing::warn!(
            error = %in_one_line(&error),
            "the vectors could not be saved; they can be rebuilt"
        );
    }
}

/// Brings the database up to date, without starting anything.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    let _data_dir = DataDir::open(config)?;
    build::open_store(config).await?;
    Ok(())
}
