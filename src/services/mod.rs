//! Use cases: check, authorise, limit, then one write or read of the store; the same for every way in.
//!
//! To add one: a method on [`Services`] in the file of its noun. It takes the [`caller::Caller`], answers with rows of
//! `entity` and refuses with [`ServiceError`]; what a caller may not see is `None`.
//!
//! May use: `store`, `feed`, `limits`, `memory`, `llm`, `agents`, `tools`, `domain`.

mod approvals;
pub mod caller;
mod costs;
mod error;
mod events;
mod explain;
mod memories;
mod tasks;
mod validate;

use std::sync::Arc;

/// What services answer with that is not theirs, for the ways in.
pub use crate::{agents::role::AgentRole, llm::chat::ChatAnswer, tools::ToolDefinition};
pub use approvals::{ApprovalDecision, Approved};
pub use error::{ServiceError, whole_millis};
pub use explain::{Explanation, Reason, ReasonKind};
pub use memories::{NewUserMemory, Search};
pub use tasks::{Receipt, TaskSubmission};

use crate::{
    agents::registry::AgentRegistry, feed::Feed, limits::RateLimiter, llm::prices::PriceBook,
    memory::LongTermMemory, store::Store, tools::registry::ToolRegistry,
};

/// Everything the ways in may do. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub store: Store,
    pub feed: Feed,
    pub memory: LongTermMemory,
    pub limiter: Arc<dyn RateLimiter>,
    pub agents: Arc<AgentRegistry>,
    pub tools: Arc<ToolRegistry>,
    pub prices: Arc<PriceBook>,
    /// The model that plans, as `PROVIDER/MODEL`; that of the offline provider stands for the rules.
    pub planner_model: String,
    /// Attempts a step may have.
    pub max_attempts: i32,
    /// Most hits one memory search returns.
    pub max_search_results: usize,
}
