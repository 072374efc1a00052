//! Filters on the metadata of memories, applied before ranking.

use serde_json::{Map, Value};

/// Top-level keys and the values they must have. Empty: everything passes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetadataFilter(pub Map<String, Value>);

impl MetadataFilter {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether metadata has every wanted value.
    pub fn accepts(&self, metadata: &Value) -> bool {
        self.0
            .iter()
            .all(|(key, wanted)| metadata.get(key) == Some(wanted))
    }
}
