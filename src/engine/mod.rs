//! The engine: claims ready steps, runs them, settles them; keeps leases, takes back what others lost, stops what is
//! cancelled.
//!
//! [`worker`] is the loop; [`execute`] runs one claimed step and writes down how it ended; [`planning`] and [`acting`]
//! are the two kinds of work; [`model_call`] and [`tool_call`] journal what they do. To add a kind of step: a variant of
//! `StepKind`, a file like `planning.rs`, and its arm in `execute.rs`.
//!
//! May use: `planner`, `agents`, `tools`, `memory`, `llm`, `store`, `feed`, `domain`.

mod acting;
mod embedding;
mod error;
mod execute;
mod heartbeat;
mod held;
mod host;
mod model_call;
mod planning;
mod rescue;
mod tool_call;
mod worker;

use std::{sync::Arc, time::Duration};

use crate::{
    agents::registry::AgentRegistry,
    domain::retry::Backoff,
    feed::Feed,
    llm::{prices::PriceBook, router::ModelRouter},
    memory::LongTermMemory,
    store::Store,
    tools::registry::ToolRegistry,
};

/// How a worker works.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// Names this process in attempts and leases.
    pub worker_id: String,
    /// Steps at once.
    pub concurrency: usize,
    /// Steps taken in one claim.
    pub claim_batch: usize,
    pub lease: Duration,
    pub heartbeat: Duration,
    /// How long to wait for the doorbell before looking for steps anyway.
    pub poll: Duration,
    /// How long one attempt may take.
    pub step_timeout: Duration,
    pub backoff: Backoff,
    /// How long steps under way may go on after a stop was asked for.
    pub drain: Duration,
}

/// A worker and everything it works with. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub store: Store,
    pub feed: Feed,
    pub memory: LongTermMemory,
    pub models: ModelRouter,
    pub prices: Arc<PriceBook>,
    pub tools: Arc<ToolRegistry>,
    pub agents: Arc<AgentRegistry>,
    pub settings: Arc<EngineSettings>,
}
