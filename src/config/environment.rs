//! Environment variables: which exist, which key each sets, and which are mistakes.

use std::{collections::BTreeMap, path::PathBuf};

use figment::value::Value;

use super::{
    agents, engine,
    error::ConfigError,
    file::FILE_VARIABLE,
    layers::{Layer, Origin},
    log, models, planner, providers, redis, server, storage, suggest, values,
};

/// Variables under this prefix are ours, so one that nobody knows is a mistake.
const PREFIX: &str = "ORCHESTRATOR_";

/// What the environment says.
pub(super) struct Environment {
    /// The file it names.
    pub(super) file: Option<PathBuf>,
    /// One layer per variable.
    pub(super) layers: Vec<Layer>,
}

/// Every variable that sets a key, with its key.
fn variables() -> impl Iterator<Item = (&'static str, &'static str)> {
    let sections: [&[(&str, &str)]; 9] = [
        server::VARIABLES,
        storage::VARIABLES,
        redis::VARIABLES,
        models::VARIABLES,
        providers::VARIABLES,
        planner::VARIABLES,
        agents::VARIABLES,
        engine::VARIABLES,
        log::VARIABLES,
    ];
    sections.into_iter().flatten().copied()
}

/// Reads the variables that are set. One that is empty or blank counts as unset.
pub(super) fn read(env: &BTreeMap<String, String>, shape: &Value) -> Result<Environment, ConfigError> {
    let set = |name: &str| {
        env.get(name)
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
    };
    refuse_unknown(env)?;
    let layers = variables().filter_map(|(name, key)| {
        let value = values::parse(set(name)?, values::at(shape, key));
        Some(Layer::of_key(Origin::Variable(name), key, value))
    });
    Ok(Environment {
        layers: layers.collect(),
        file: set(FILE_VARIABLE).map(PathBuf::from),
    })
}

fn refuse_unknown(env: &BTreeMap<String, String>) -> Result<(), ConfigError> {
    let known: Vec<&str> = variables().map(|(name, _)| name).chain([FILE_VARIABLE]).collect();
    let unknown = env.iter().find(|(name, text)| {
        name.starts_with(PREFIX)
            && !text.trim().is_empty()
            && !known.contains(&name.as_str())
            && !is_service_link(name, text)
    });
    match unknown {
        None => Ok(()),
        Some((name, _)) => Err(ConfigError::UnknownVariable {
            name: name.clone(),
            hint: suggest::hint(name, known.into_iter().filter(|known| known.starts_with(PREFIX))),
        }),
    }
}

/// Whether a variable was put there by Kubernetes or Docker for a service that is called like us.
/// Names: <https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables>
fn is_service_link(name: &str, text: &str) -> bool {
    let port = |(_, rest): (&str, &str)| {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        digits.len() < rest.len()
            && ["_TCP", "_UDP", "_SCTP"]
                .iter()
                .any(|end| digits.starts_with(end))
    };
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || (name.ends_with("_PORT") && text.contains("://"))
        || name.split_once("_PORT_").is_some_and(port)
}
