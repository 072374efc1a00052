//! Embedding a text for a step: the vector, and its cost on the step's account.

use super::Engine;
use crate::{memory::MemoryError, store::steps::Claim};

impl Engine {
    /// The vector of a text, paid for by the step that is held.
    pub(super) async fn embed_for(&self, claim: &Claim, text: &str) -> Result<Vec<f32>, MemoryError> {
        let embedded = self.memory.embed(text).await?;
        let change = self.store.pay_for_step(claim, embedded.cost).await?;
        self.feed.announce(&change).await;
        Ok(embedded.vector)
    }
}
