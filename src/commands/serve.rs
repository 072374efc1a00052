//! `serve`: the process itself.

use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    config::{Config, log::LogFormat},
    telemetry::{self, LogShape},
};

/// Runs until SIGINT or SIGTERM. A second signal ends the process at once.
pub(super) async fn run(config: &Config) -> anyhow::Result<()> {
    let shape = match config.log.format {
        LogFormat::Text => LogShape::Text,
        LogFormat::Json => LogShape::Json,
    };
    telemetry::start(shape, &config.log.filter)?;
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let app = App::build(config, metrics).await?;
    // Before anyone is told that we are ready: a signal from then on is heard, and one before it ends the process.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let address = app.address()?;
    tracing::info!(
        %address, roles = %config.server.roles, model = %config.models.default_model(),
        database = %config.storage.database(), redis = config.redis.url.is_some(), "ready"
    );
    if config.server.roles.api {
        super::print(&format!(
            "\n  Open http://{address}/ in a browser, or send GraphQL to http://{address}/graphql\n\n"
        ))?;
    }
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping; a second signal ends the process at once");
        signalled.cancel();
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        std::process::exit(130);
    });
    app.run(stop).await
}
