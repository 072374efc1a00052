//! A model call.

use async_graphql::{ID, Object};
use entity::llm_call;

use super::CallStatus;
use crate::{
    api::graphql::{
        scalars::{BigInt, DateTime, Money, date_time},
        task::StepError,
    },
    services::ChatAnswer,
};

/// One call of a chat model.
pub(in crate::api::graphql) struct LlmCall(pub llm_call::Model);

/// One call of a chat model.
#[Object]
impl LlmCall {
    /// The id, `llm_…`.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The provider, for instance `openai`.
    async fn provider(&self) -> &str {
        &self.0.provider
    }

    /// The model that was asked.
    async fn model(&self) -> &str {
        &self.0.model
    }

    /// Where the call is.
    async fn status(&self) -> CallStatus {
        self.0.status.into()
    }

    /// What the model said; null until it answered.
    async fn answer(&self) -> Option<String> {
        let answer: ChatAnswer = self.0.answer.as_ref()?.parse().ok()?;
        Some(answer.content)
    }

    /// Why there is no answer.
    async fn error(&self) -> Option<StepError> {
        StepError::of(self.0.error_code.as_ref(), self.0.error_message.as_ref())
    }

    /// Tokens read: plain, from a cache, and into a cache together.
    async fn input_tokens(&self) -> BigInt {
        BigInt(self.0.input_tokens + self.0.cache_read_tokens + self.0.cache_write_tokens)
    }

    /// Tokens read from a cache.
    async fn cache_read_tokens(&self) -> BigInt {
        BigInt(self.0.cache_read_tokens)
    }

    /// Tokens written to a cache.
    async fn cache_write_tokens(&self) -> BigInt {
        BigInt(self.0.cache_write_tokens)
    }

    /// Tokens written, reasoning included.
    async fn output_tokens(&self) -> BigInt {
        BigInt(self.0.output_tokens + self.0.reasoning_tokens)
    }

    /// Tokens of reasoning.
    async fn reasoning_tokens(&self) -> BigInt {
        BigInt(self.0.reasoning_tokens)
    }

    /// What it cost; null until it answered, and where the price is not known.
    async fn cost(&self) -> Option<Money> {
        self.0.cost_nanos.map(Money::from)
    }

    /// When it was sent.
    async fn started_at(&self) -> DateTime {
        date_time(self.0.started_at)
    }

    /// How long it took, in milliseconds.
    async fn duration_ms(&self) -> Option<BigInt> {
        self.0.duration_ms.map(BigInt)
    }
}
