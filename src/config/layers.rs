//! Layers of values, where each came from, and their merge into a [`Config`].

use std::{collections::BTreeMap, fmt, path::PathBuf};

use figment::{
    Figment, Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};

use super::{
    Config,
    error::{self, ConfigError},
};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A configuration file, by the path it was named with.
    File(PathBuf),
    /// An environment variable.
    Variable(&'static str),
    /// A command-line flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(out, "default"),
            Self::File(path) => write!(out, "file {}", path.display()),
            Self::Variable(name) => write!(out, "variable {name}"),
            Self::Flag(name) => write!(out, "flag {name}"),
        }
    }
}

/// Origins by key, such as `server.listen`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<String, Origin>);

impl Origins {
    /// Where the value of a key came from.
    pub fn of(&self, key: &str) -> &Origin {
        self.0.get(key).unwrap_or(&Origin::Default)
    }

    fn note(&mut self, key: &str, value: &Value, origin: &Origin) {
        if let Value::Dict(_, dict) = value {
            for (name, value) in dict {
                self.note(&join(key, name), value, origin);
            }
        }
        self.0.insert(key.to_owned(), origin.clone());
    }
}

/// The key of `name` inside the table `parent`; the top table has the empty key.
pub(super) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.to_owned()
    } else {
        format!("{parent}.{name}")
    }
}

/// Some keys with their values, from one place.
pub(super) struct Layer {
    origin: Origin,
    dict: Dict,
}

impl Layer {
    pub(super) fn new(origin: Origin, dict: Dict) -> Self {
        Self { origin, dict }
    }

    /// A layer that sets one key.
    pub(super) fn of_key(origin: Origin, key: &str, value: Value) -> Self {
        Self::new(
            origin,
            figment::util::nest(key, value).into_dict().unwrap_or_default(),
        )
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.dict.clone())]))
    }
}

/// Merges layers, later ones over earlier ones, over the defaults.
pub(super) fn merge(layers: Vec<Layer>, shape: &Value) -> Result<Config, ConfigError> {
    let defaults = shape.clone().into_dict().unwrap_or_default();
    let mut merged = Figment::from(Layer::new(Origin::Default, defaults));
    let mut origins = Origins::default();
    for layer in layers {
        for (name, value) in &layer.dict {
            origins.note(name, value, &layer.origin);
        }
        merged = merged.merge(layer);
    }
    match merged.extract::<Config>() {
        Ok(config) => Ok(Config { origins, ..config }),
        Err(problem) => Err(error::translate(problem, &merged, shape, &origins)),
    }
}
