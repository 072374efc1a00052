//! `[server]`: where the API listens and what the process does.

use std::{fmt, net::SocketAddr, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::error::{Invalid, within};

pub(super) const VARIABLES: &[(&str, &str)] = &[
    ("ORCHESTRATOR_LISTEN", "server.listen"),
    ("ORCHESTRATOR_ROLES", "server.roles"),
    (
        "ORCHESTRATOR_ALLOW_OPEN_ON_NETWORK",
        "server.allow_open_on_network",
    ),
];

/// The API's address and limits, and the roles of the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address of the API, `IP:PORT` or `localhost:PORT`. Default `127.0.0.1:8000`. Read from `ORCHESTRATOR_LISTEN`.
    #[serde(deserialize_with = "listen")]
    pub listen: SocketAddr,
    /// What this process does: `api`, `worker` or `api,worker`. Default both. Read from `ORCHESTRATOR_ROLES`.
    pub roles: Roles,
    /// Whether the API may answer anyone on an address that others can reach, or under a name that is not this
    /// machine's own. There are no keys: something in front of it must keep strangers out. Default `false`.
    /// Read from `ORCHESTRATOR_ALLOW_OPEN_ON_NETWORK`.
    pub allow_open_on_network: bool,
    /// How long a query or mutation may take, in milliseconds. Default 15000.
    pub request_timeout_ms: u64,
    /// Largest request body, in bytes. Default 1048576, which is 1 MiB.
    pub max_body_bytes: usize,
    /// How long a process that was told to stop lets its requests and steps go on, in seconds. Default 20.
    pub drain_seconds: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            roles: Roles {
                api: true,
                worker: true,
            },
            allow_open_on_network: false,
            request_timeout_ms: 15_000,
            max_body_bytes: 1024 * 1024,
            drain_seconds: 20,
        }
    }
}

impl ServerConfig {
    /// Whether other machines can reach the address.
    pub fn listens_on_network(&self) -> bool {
        !self.listen.ip().to_canonical().is_loopback()
    }

    /// How long a query or mutation may take.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// How long a process that was told to stop lets its work go on.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    pub(super) fn check(&self) -> Result<(), Invalid> {
        within(
            "server.request_timeout_ms",
            self.request_timeout_ms,
            100..=600_000,
        )?;
        within(
            "server.max_body_bytes",
            self.max_body_bytes,
            1_024..=64 * 1024 * 1024,
        )?;
        within("server.drain_seconds", self.drain_seconds, 0..=3_600)
    }
}

/// What a process does; at least one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Serves the API.
    pub api: bool,
    /// Claims and runs steps.
    pub worker: bool,
}

/// A list of roles that is empty or names something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"api\", \"worker\" or \"api,worker\"")]
pub struct RolesError;

impl FromStr for Roles {
    type Err = RolesError;

    fn from_str(text: &str) -> Result<Self, RolesError> {
        let mut roles = Self {
            api: false,
            worker: false,
        };
        for name in text.split(',') {
            match name.trim() {
                "api" => roles.api = true,
                "worker" => roles.worker = true,
                _ => return Err(RolesError),
            }
        }
        Ok(roles)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match (self.api, self.worker) {
            (true, true) => "api,worker",
            (true, false) => "api",
            (false, true) => "worker",
            (false, false) => "",
        })
    }
}

impl Serialize for Roles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            List(Vec<String>),
        }
        let text = match Written::deserialize(deserializer).map_err(|_| D::Error::custom(RolesError))? {
            Written::Text(text) => text,
            Written::List(names) => names.join(","),
        };
        text.parse().map_err(D::Error::custom)
    }
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let numeric = match text.trim().strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.trim().to_owned(),
    };
    numeric
        .parse()
        .map_err(|_| D::Error::custom("an address and a port such as 127.0.0.1:8000 or [::1]:8000"))
}
