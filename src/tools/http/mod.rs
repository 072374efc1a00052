//! Tools an operator registers in the configuration and that are called over HTTP.
//!
//! A call is `POST url` with `{ "arguments": …, "taskId": …, "stepId": … }` and the header `Idempotency-Key`, which is the
//! same whenever the same call is sent again. [`client`] sends one request, [`answer`] says what its status means; this
//! file repeats what may be repeated. To add a setting: a field of [`HttpToolSettings`] and of `config::tools`.

mod answer;
mod client;

use std::time::Duration;

use async_trait::async_trait;
use entity::enums::ToolEffect;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{Tool, ToolContext, ToolDefinition, ToolError};
use answer::Answer;
use client::Client;
pub use client::HttpToolError;

/// Pauses before the second and the third time a harmless call is sent.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// What a tool of this kind is made of.
pub struct HttpToolSettings {
    pub definition: ToolDefinition,
    /// Where calls are posted to. Its path and query may hold secrets, so it is never shown.
    pub url: String,
    /// Sent with every call.
    pub headers: Vec<(String, SecretString)>,
    /// Taken out of every text that comes back, should the tool echo what it was sent.
    pub secrets: Vec<SecretString>,
}

/// A tool that is called over HTTP.
pub struct HttpTool {
    definition: ToolDefinition,
    client: Client,
}

impl HttpTool {
    /// The tool, ready to be called. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`HttpToolError`] for an address, a header or certificates that cannot be used.
    pub fn new(settings: HttpToolSettings) -> Result<Self, HttpToolError> {
        Ok(Self {
            definition: settings.definition.clone(),
            client: Client::new(settings)?,
        })
    }
}

#[async_trait]
impl Tool for HttpTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// The time of the whole call, repeats included, is bounded by the registry, by the definition's timeout.
    async fn run(&self, arguments: &Value, context: ToolContext<'_>) -> Result<String, ToolError> {
        let body = json!({
            "arguments": arguments, "taskId": context.task_id.to_string(), "stepId": context.step_id.to_string(),
        });
        let pauses: &[Duration] = match self.definition.effect {
            ToolEffect::Pure | ToolEffect::Idempotent => &PAUSES,
            ToolEffect::AtMostOnce => &[],
        };
        let mut pauses = pauses.iter();
        loop {
            let answer = self.client.post(&body, context.idempotency_key).await;
            match (answer, pauses.next()) {
                (Answer::Nothing(_), Some(pause)) => tokio::time::sleep(*pause).await,
                (answer, _) => return answer.into_result(),
            }
        }
    }
}
