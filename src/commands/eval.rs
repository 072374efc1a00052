//! `eval`: cases run through the real program, and scored.

use std::path::Path;

use anyhow::{Context, bail};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    config::Config,
    eval::{self, CaseFile},
};

/// Runs the cases with the configured models, in a database of their own unless one is named.
pub(super) async fn run(mut config: Config, cases: Option<&Path>) -> anyhow::Result<()> {
    let file = match cases {
        None => CaseFile::builtin()?,
        Some(path) => {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            CaseFile::parse(&text).with_context(|| format!("in {}", path.display()))?
        }
    };
    config.server.listen.set_port(0);
    config.limits.enabled = false;
    if config.storage.database_url.is_none() {
        config.storage.data_dir = config.storage.data_dir.join("eval");
    }
    let app = App::build(&config, PrometheusBuilder::new().install_recorder()?).await?;
    let (services, stop) = (app.services().clone(), CancellationToken::new());
    let running = tokio::spawn(app.run(stop.clone()));
    let report = eval::run(&services, &file).await;
    stop.cancel();
    running.await??;
    super::print(&report.to_string())?;
    if !report.is_success() {
        bail!(
            "{} of {} cases failed",
            report.cases.len() - report.passed(),
            report.cases.len()
        );
    }
    Ok(())
}
