//! The OpenAI chat-completions and embeddings formats, spoken with OpenAI or any server that copies them.
//!
//! Servers copy them loosely, so reading is liberal (`answer.rs`, `assembly.rs`) and sending is plain (`wire.rs`).
//! To use one more compatible server, no code is needed: another base URL, and a name by
//! [`OpenAiModel::with_provider_name`] where it stands beside OpenAI itself.

mod answer;
mod assembly;
mod client;
mod embeddings;
mod errors;
mod stream;
mod wire;

use reqwest::header::{AUTHORIZATION, HeaderMap};

pub use client::OpenAiModel;
pub use embeddings::OpenAiEmbedder;

use super::{
    LlmError,
    http::{Endpoint, ProviderSettings},
};

/// Where OpenAI itself answers.
pub const OPENAI_BASE_URL: &str = "https://api.openai.com/v1";

/// Name of the provider unless it is given another.
const PROVIDER: &str = "openai";

/// The endpoint of a server that takes its key as a bearer token.
fn endpoint(settings: ProviderSettings, provider: &str) -> Result<Endpoint, LlmError> {
    settings.endpoint(provider, HeaderMap::new(), AUTHORIZATION, "Bearer ")
}
