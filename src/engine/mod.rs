//! The engine: claims ready steps, runs them, settles them; keeps leases, takes back what others lost, stops what is
//! cancelled.
//!
//! [`worker`] holds steps and knows nothing of agents; [`work`] is the port between it and what it works at; [`Engine`]
//! implements that port: [`planning`] and [`acting`] are its two kinds of work, [`model_call`] and [`tool_call`] journal
//! what they do, and [`tool_calls`] says which of them go beside each other. To add a kind of step: a variant of `StepKind`, a file like `planning.rs`, and its arm below.
//!
//! May use: `planner`, `agents`, `tools`, `memory`, `llm`, `store`, `feed`, `domain`.

mod acting;
mod embedding;
mod error;
mod host;
mod model_call;
mod planning;
mod settle;
mod tool_call;
mod tool_calls;
pub mod work;
pub mod worker;

use std::sync::Arc;

use async_trait::async_trait;
use entity::enums::StepKind;

pub use self::planning::PlannerSettings;
use self::work::{StepError, Work};
use crate::{
    agents::registry::AgentRegistry,
    feed::Feed,
    llm::{prices::PriceBook, router::ModelRouter},
    memory::LongTermMemory,
    store::{
        Store,
        steps::{Claim, Ending},
    },
    tools::registry::ToolRegistry,
};

/// Agents at work, and everything they work with. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub store: Store,
    pub feed: Feed,
    pub memory: LongTermMemory,
    pub models: ModelRouter,
    pub prices: Arc<PriceBook>,
    pub tools: Arc<ToolRegistry>,
    pub agents: Arc<AgentRegistry>,
    pub planner: PlannerSettings,
}

#[async_trait]
impl Work for Engine {
    async fn carry_out(&self, claim: &Claim) -> Result<Ending, StepError> {
        match claim.step.kind {
            StepKind::Plan => self.plan(claim).await,
            StepKind::Work => self.act(claim).await,
        }
    }
}
