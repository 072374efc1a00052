//! Secrets put together from environment variables: `Bearer ${CRM_TOKEN}` in a file names the secret without holding it.

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::secret::HIDDEN;

/// A text in which `${NAME}` stands for an environment variable. Neither the text nor what it becomes is ever printed:
/// it may have been written with the secret in it.
#[derive(Clone)]
pub struct SecretTemplate {
    text: SecretString,
    /// What was put into it.
    secrets: Vec<SecretString>,
}

/// A variable that a template names and nobody has set.
#[derive(Debug)]
pub(super) struct Unset(pub(super) String);

impl SecretTemplate {
    /// The text with its secrets.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    /// The values of the variables in it.
    pub fn secrets(&self) -> &[SecretString] {
        &self.secrets
    }

    /// Puts the variables in. A blank one counts as unset, and a line break at its end is not part of it.
    pub(super) fn resolve(&mut self, env: &BTreeMap<String, String>) -> Result<(), Unset> {
        let mut whole = String::new();
        let mut rest = self.text.expose_secret();
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            let value = env.get(name).map(|value| value.trim()).unwrap_or_default();
            if value.is_empty() {
                return Err(Unset(name.to_owned()));
            }
            whole.push_str(before);
            whole.push_str(value);
            self.secrets.push(SecretString::from(value));
            rest = after;
        }
        whole.push_str(rest);
        self.text = SecretString::from(whole);
        Ok(())
    }
}

impl fmt::Debug for SecretTemplate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretTemplate({HIDDEN})")
    }
}

impl Serialize for SecretTemplate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

impl<'de> Deserialize<'de> for SecretTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            text: SecretString::from(String::deserialize(deserializer)?),
            secrets: Vec::new(),
        })
    }
}
