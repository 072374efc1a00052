//! `[memory]`: long-term memory and its index.

use serde::{Deserialize, Serialize};

use super::error::{Invalid, within};

/// The index, searches and embeddings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MemoryConfig {
    /// Whether indexes are written to the data folder, so that a start need not build them anew. Default `true`.
    pub save_index: bool,
    /// Most collections held in the process at once; the least used one makes room. Default 1024.
    pub max_open_collections: usize,
    /// Most hits of one search. Default 100.
    pub max_results: usize,
    /// What turns texts into vectors: `auto`, `offline` or `openai`. Default `auto`.
    pub embedder: Embedder,
}

/// The choice of an embedder; `Config::embeds_with_openai` resolves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Embedder {
    /// OpenAI when it is configured with an embedding model, else offline.
    #[default]
    Auto,
    /// Without a network.
    Offline,
    /// `models.openai.embedding_model`.
    Openai,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self {
            save_index: true,
            max_open_collections: 1_024,
            max_results: 100,
            embedder: Embedder::Auto,
        }
    }
}

impl MemoryConfig {
    pub(super) fn check(&self) -> Result<(), Invalid> {
        within(
            "memory.max_open_collections",
            self.max_open_collections,
            1..=1_000_000,
        )?;
        within("memory.max_results", self.max_results, 1..=1_000)
    }
}
