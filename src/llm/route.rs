//! The models that may answer an agent, in the order they are asked.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use super::{
    ChatModel, DeltaSink, LlmError,
    breaker::{Breaker, BreakerSettings, Outcome, Permit},
    chat::{ChatAnswer, ChatRequest},
};

/// A configured provider behind its breaker.
pub(super) struct Provider {
    pub(super) model: Arc<dyn ChatModel>,
    breaker: Breaker,
    /// Whether it refused its credentials since it last answered.
    is_refusing: AtomicBool,
}

impl Provider {
    pub(super) fn new(model: Arc<dyn ChatModel>, settings: BreakerSettings) -> Self {
        Self {
            breaker: Breaker::new(model.provider(), settings),
            is_refusing: AtomicBool::new(false),
            model,
        }
    }
}

/// One model that may answer.
#[derive(Clone)]
pub struct Candidate {
    provider: Arc<Provider>,
    name: String,
}

/// The models that may answer: the first as a rule, each other when those before it do not. Never empty.
#[derive(Clone, Debug)]
pub struct Route {
    first: Candidate,
    fallbacks: Vec<Candidate>,
}

impl Route {
    /// A route; a model that stands in it twice counts where it stands first.
    pub(super) fn new(first: Candidate, fallbacks: impl IntoIterator<Item = Candidate>) -> Self {
        let mut route = Self {
            first,
            fallbacks: Vec::new(),
        };
        for candidate in fallbacks {
            if !route.candidates().any(|known| known.is_like(&candidate)) {
                route.fallbacks.push(candidate);
            }
        }
        route
    }

    /// The model that is asked first.
    pub fn first(&self) -> &Candidate {
        &self.first
    }

    /// The route without the models of one provider; None if no model is left.
    pub fn without(&self, provider: &str) -> Option<Self> {
        let mut left = self
            .candidates()
            .filter(|candidate| candidate.provider() != provider)
            .cloned();
        Some(Self::new(left.next()?, left))
    }

    /// All models in the order they are asked.
    pub fn candidates(&self) -> impl Iterator<Item = &Candidate> {
        std::iter::once(&self.first).chain(&self.fallbacks)
    }
}

impl Candidate {
    pub(super) fn new(provider: Arc<Provider>, name: String) -> Self {
        Self { provider, name }
    }

    /// Name of the provider, as it stands in ledger entries and prices.
    pub fn provider(&self) -> &str {
        self.provider.model.provider()
    }

    /// The provider's name of the model.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Leave to ask the model; [`LlmError::Overloaded`] while its provider is left alone.
    pub fn admit(&self) -> Result<Permit<'_>, LlmError> {
        let refused = |wait| LlmError::Overloaded {
            provider: self.provider().to_owned(),
            message: "it has failed too often and is left alone for a while".to_owned(),
            retry_after: Some(wait),
        };
        self.provider.breaker.admit(Instant::now()).map_err(refused)
    }

    /// Asks once, and remembers how it went. The request must name this model.
    pub async fn chat(
        &self,
        permit: Permit<'_>,
        request: &ChatRequest,
        deltas: DeltaSink<'_>,
    ) -> Result<ChatAnswer, LlmError> {
        let answered = self.provider.model.chat(request, deltas).await;
        let outcome = match &answered {
            Ok(_) | Err(LlmError::Rejected { .. }) => Outcome::Answered,
            Err(LlmError::Overloaded { retry_after, .. }) => Outcome::Failed(*retry_after),
            Err(LlmError::Unavailable { .. } | LlmError::Malformed { .. }) => Outcome::Failed(None),
            Err(LlmError::Unauthorized { .. } | LlmError::NotConfigured(_)) => Outcome::Nothing,
        };
        permit.report(outcome, Instant::now());
        if let Err(LlmError::Unauthorized { message, .. }) = &answered {
            if !self.provider.is_refusing.swap(true, Ordering::Relaxed) {
                // Every step meets it, and one line is enough.
                tracing::error!(provider = self.provider(), %message, "the provider refuses its credentials");
            }
        } else if outcome == Outcome::Answered {
            self.provider.is_refusing.store(false, Ordering::Relaxed);
        }
        answered
    }

    fn is_like(&self, other: &Self) -> bool {
        self.provider() == other.provider() && self.name == other.name
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.provider(), self.name)
    }
}
