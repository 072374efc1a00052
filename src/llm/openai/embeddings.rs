//! The embedder of an OpenAI-compatible server.
//! Source: OpenAI API reference, "Create embeddings".

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;

use super::{PROVIDER, answer, endpoint, errors};
use crate::llm::{
    Embedder, Embedding, LlmError,
    chat::Usage,
    http::{Endpoint, ProviderSettings, read_bounded},
};

/// Texts per request: below what every known server accepts, and it bounds the body that comes back.
const BATCH: usize = 128;

/// The longest answer, in bytes: [`BATCH`] vectors of 4,096 numbers fit.
const MAX_BODY_BYTES: usize = 32 << 20;

/// An embedding model of a server that speaks the OpenAI format.
#[derive(Debug)]
pub struct OpenAiEmbedder {
    endpoint: Endpoint,
    model: String,
    dimension: usize,
    id: String,
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: Vec<&'a str>,
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
}

impl OpenAiEmbedder {
    /// An embedder for vectors of `dimension` numbers. Its id is `openai/MODEL@DIMENSION`, because the same model
    /// cut to another length gives vectors that cannot be compared.
    pub fn new(settings: ProviderSettings, model: &str, dimension: usize) -> Result<Self, LlmError> {
        if model.trim().is_empty() || dimension == 0 {
            return Err(LlmError::NotConfigured(
                "an embedder needs a model and a dimension above 0".to_owned(),
            ));
        }
        Ok(Self {
            endpoint: endpoint(settings, PROVIDER)?,
            model: model.to_owned(),
            dimension,
            id: format!("{PROVIDER}/{model}@{dimension}"),
        })
    }

    async fn ask(&self, texts: &[String]) -> Result<(Vec<Vec<f32>>, Option<Usage>), LlmError> {
        let body = Body {
            model: &self.model,
            // The format refuses an empty text.
            input: texts
                .iter()
                .map(|text| if text.is_empty() { " " } else { text.as_str() })
                .collect(),
            encoding_format: "float",
            // Only these models can be asked for a length; other servers refuse the field.
            dimensions: self
                .model
                .starts_with("text-embedding-3")
                .then_some(self.dimension),
        };
        let response =
            errors::check(&self.endpoint, self.endpoint.post(&["embeddings"], &body).await?).await?;
        let body = read_bounded(response, MAX_BODY_BYTES, self.endpoint.stall_timeout())
            .await
            .map_err(|error| self.endpoint.body_error(error))?;
        let answer: Value = serde_json::from_slice(&body).map_err(|error| {
            self.endpoint
                .malformed(&format!("the answer is not JSON: {error}"))
        })?;
        if errors::is_error(&answer) {
            return Err(errors::in_answer(&self.endpoint, &answer));
        }
        Ok((self.vectors(&answer, texts.len())?, answer::usage(&answer)))
    }

    /// The vectors in the order of their texts, checked and of length 1.
    fn vectors(&self, answer: &Value, wanted: usize) -> Result<Vec<Vec<f32>>, LlmError> {
        let data = answer["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut vectors: Vec<Option<Vec<f32>>> = vec![None; wanted];
        for (position, item) in data.iter().enumerate() {
            let at = item["index"]
                .as_u64()
                .and_then(|index| usize::try_from(index).ok())
                .unwrap_or(position);
            match vectors.get_mut(at) {
                Some(slot @ None) => *slot = Some(self.unit(&item["embedding"])?),
                _ => {
                    return Err(self
                        .endpoint
                        .malformed(&format!("there is no text {at} to have this vector")));
                }
            }
        }
        let missing = || {
            self.endpoint
                .malformed(&format!("{} vectors for {wanted} texts", data.len()))
        };
        vectors
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or_else(missing)
    }

    fn unit(&self, embedding: &Value) -> Result<Vec<f32>, LlmError> {
        let numbers = embedding.as_array().map(Vec::as_slice).unwrap_or_default();
        if numbers.len() != self.dimension {
            let message = format!("a vector has {} numbers, not {}", numbers.len(), self.dimension);
            return Err(self.endpoint.malformed(&message));
        }
        let vector: Option<Vec<f64>> = numbers.iter().map(Value::as_f64).collect();
        let vector = vector.ok_or_else(|| {
            self.endpoint
                .malformed("a vector has something that is no number")
        })?;
        let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        if !length.is_normal() {
            return Err(self.endpoint.malformed("a vector has no direction"));
        }
        Ok(vector.into_iter().map(|x| (x / length) as f32).collect())
    }
}

#[async_trait]
impl Embedder for OpenAiEmbedder {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    async fn embed(&self, texts: &[String]) -> Result<Embedding, LlmError> {
        let limit = self.endpoint.request_timeout();
        let mut vectors = Vec::with_capacity(texts.len());
        let mut used = Some(Usage::default());
        for batch in texts.chunks(BATCH) {
            let answered = timeout(limit, self.ask(batch)).await;
            let (found, usage) = answered
                .unwrap_or_else(|_| Err(self.endpoint.unavailable(&format!("no answer within {limit:?}"))))?;
            vectors.extend(found);
            // A sum with a part missing would be billed as if it were whole.
            used = used.zip(usage).map(|(sum, usage)| Usage {
                input: sum.input + usage.input + usage.cache_read + usage.cache_write,
                ..sum
            });
        }
        Ok(Embedding { vectors, usage: used })
    }
}
