//! A tool call.

use async_graphql::{ID, Object};
use entity::tool_call;

use super::{CallStatus, decision::CallDecision};
use crate::api::graphql::{
    agent::ToolEffect,
    scalars::{BigInt, DateTime, Json, Money, date_time},
    task::StepError,
};

/// One call of a tool, refused ones included.
pub(in crate::api::graphql) struct ToolCall(pub tool_call::Model);

/// One call of a tool, refused ones included.
#[Object]
impl ToolCall {
    /// The id, `call_…`.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Name of the tool, as the model wrote it.
    async fn tool(&self) -> &str {
        &self.0.tool
    }

    /// Where the call is.
    async fn status(&self) -> CallStatus {
        self.0.status.into()
    }

    /// What running it again does; null where there is no such tool.
    async fn effect(&self) -> Option<ToolEffect> {
        self.0.effect.map(ToolEffect::from)
    }

    /// The arguments: the checked JSON object, or the text the model wrote where it is no JSON.
    async fn arguments(&self) -> Json {
        let text = || serde_json::Value::String(self.0.arguments.clone());
        Json(serde_json::from_str(&self.0.arguments).unwrap_or_else(|_| text()))
    }

    /// What the tool answered.
    async fn result(&self) -> Option<&str> {
        self.0.result.as_deref()
    }

    /// Whether the answer was cut to the allowed size.
    async fn truncated(&self) -> bool {
        self.0.truncated
    }

    /// Why it was refused or failed, and the model was told the same; or why nobody knows how it ended.
    async fn error(&self) -> Option<StepError> {
        StepError::of(self.0.error_code.as_ref(), self.0.error_message.as_ref())
    }

    /// What a person said of it last, after nobody knew how it had ended.
    async fn decision(&self) -> Option<CallDecision> {
        CallDecision::of(&self.0)
    }

    /// What the tool is given to recognise a repeated call.
    async fn idempotency_key(&self) -> &str {
        &self.0.idempotency_key
    }

    /// What it cost; null for tools without a price.
    async fn cost(&self) -> Option<Money> {
        self.0.cost_nanos.map(Money::from)
    }

    /// When it was written down.
    async fn started_at(&self) -> DateTime {
        date_time(self.0.started_at)
    }

    /// How long it took, in milliseconds.
    async fn duration_ms(&self) -> Option<BigInt> {
        self.0.duration_ms.map(BigInt)
    }
}
