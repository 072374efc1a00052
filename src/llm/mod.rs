//! Chat models and embedders behind two ports, one folder per provider.
//!
//! To add a provider: a folder with its wire types and a client that implements [`ChatModel`], a line each in
//! `src/app/build/models.rs` and `router.rs`, and a variant of `Format` in `tests/it/llm`, whose suites then run over it.
//!
//! May use: `domain`.

pub mod anthropic;
pub mod breaker;
pub mod chat;
pub mod cut;
pub mod gist;
mod http;
pub mod offline;
pub mod openai;
pub mod prices;
pub mod prompt;
pub mod prose;
pub mod route;
pub mod router;
pub mod structured;
pub mod tokens;

pub use http::ProviderSettings;

use async_trait::async_trait;
use chat::{ChatAnswer, ChatRequest};

/// Where the pieces of a streamed answer go while it is being written. Called with each new piece of text.
pub type DeltaSink<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A chat model of one provider.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// Name of the provider, as it stands in ledger entries and prices, for instance `openai`.
    fn provider(&self) -> &str;

    /// Asks once. No retries: the engine decides on them.
    async fn chat(&self, request: &ChatRequest, deltas: DeltaSink<'_>) -> Result<ChatAnswer, LlmError>;
}

/// Turns texts into vectors of one length.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Provider and model with its version, for instance `offline/hash-512-v1`. Vectors of different ids are never compared.
    fn id(&self) -> &str;
    /// Length of every vector.
    fn dimension(&self) -> usize;
    /// One vector of length 1 (L2) per text, in order.
    async fn embed(&self, texts: &[String]) -> Result<Embedding, LlmError>;
}

/// Vectors and what they used.
#[derive(Clone, Debug)]
pub struct Embedding {
    pub vectors: Vec<Vec<f32>>,
    pub usage: Option<chat::Usage>,
}

/// Why a provider did not answer. Each kind says what to do next: see [`LlmError::retry`].
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    /// 429, 529 or 503: try later, not before `retry_after` where the provider named it.
    #[error("{provider} is rate-limited or overloaded: {message}")]
    Overloaded {
        provider: String,
        message: String,
        retry_after: Option<std::time::Duration>,
    },
    /// Connection failures, time-outs, 5xx, a stream that broke off.
    #[error("{provider} did not answer: {message}")]
    Unavailable { provider: String, message: String },
    /// 401 or 403: the key is wrong or may not use the model.
    #[error("{provider} refused the credentials: {message}")]
    Unauthorized { provider: String, message: String },
    /// Other 4xx: the request will never succeed as it is.
    #[error("{provider} refused the request: {message}")]
    Rejected { provider: String, message: String },
    /// The answer could not be read.
    #[error("{provider} sent an answer that could not be read: {message}")]
    Malformed { provider: String, message: String },
    /// No such provider or model is configured.
    #[error("{0}")]
    NotConfigured(String),
}

/// Whether and when a failed call is worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Later, after the usual back-off.
    Backoff,
    /// Not before this long.
    After(std::time::Duration),
    /// Never: the same request fails again.
    Never,
}

impl LlmError {
    /// Whether another model may do better: the provider is at fault, and not what it was asked.
    pub fn is_of_provider(&self) -> bool {
        match self {
            Self::Overloaded { .. }
            | Self::Unavailable { .. }
            | Self::Malformed { .. }
            | Self::Unauthorized { .. } => true,
            Self::Rejected { .. } | Self::NotConfigured(_) => false,
        }
    }

    /// What the engine should do about this error.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Overloaded {
                retry_after: Some(after),
                ..
            } => Retry::After(*after),
            Self::Overloaded { .. } | Self::Unavailable { .. } | Self::Malformed { .. } => Retry::Backoff,
            Self::Unauthorized { .. } | Self::Rejected { .. } | Self::NotConfigured(_) => Retry::Never,
        }
    }
}
